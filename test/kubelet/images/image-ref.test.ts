import { expect } from 'chai';
import { imageRefOf } from '../../../src/kubelet/images/image-ref.ts';

describe('how statuses name an image', () => {
  const id = 'sha256:1';
  const names = ['app:1', 'localhost:5000/app:1', 'app@sha256:a', `localhost:5000/app@sha256:${'b'.repeat(64)}`];
  const table: [string, readonly string[], string, string][] = [
    ['by its digest', ['app:1', 'app@sha256:a'], 'app:1', 'app@sha256:a'],
    [
      'by that of the registry it was asked from',
      names,
      'localhost:5000/app:1',
      `localhost:5000/app@sha256:${'b'.repeat(64)}`,
    ],
    [
      'by that when it was asked for by digest',
      names,
      `localhost:5000/app@sha256:${'b'.repeat(64)}`,
      `localhost:5000/app@sha256:${'b'.repeat(64)}`,
    ],
    ['by any when none is of that registry', names, 'other/app:1', 'app@sha256:a'],
    ['by its id when it was only ever here', ['app:1'], 'app:1', id],
    ['by its id when the registry is not known', ['<none>@<none>'], 'app:1', id],
  ];
  for (const [title, given, name, expected] of table)
    it(title, () => expect(imageRefOf({ id, names: given }, name)).to.equal(expected));
});
