import { expect } from 'chai';
import { planCollection, usualCollection, type UsedImage } from '../../../src/kubelet/images/collection-plan.ts';

const now = 1_000_000;
const image = (id: string, size: number, lastUsed = 0, rest: Partial<UsedImage> = {}): UsedImage => ({
  image: { id, size, names: [`${id}@sha256:1`, `${id}:1`], user: '' },
  ...{ lastUsed, inUse: false, ...rest },
});
const local = { image: { id: 'local', size: 50, names: ['local:1'], user: '' }, lastUsed: 0, inUse: false };

describe('which images have to go', () => {
  const table: [string, UsedImage[], number, string[]][] = [
    ['none while there is room', [image('a', 50)], 200, []],
    ['none just below the threshold', [image('a', 50)], 151, []],
    ['as many as bring the disk below the lower threshold', [image('a', 50), image('b', 50, 1)], 150, ['a']],
    ['those first that were not used for longest', [image('a', 60, 9), image('b', 60, 5)], 100, ['b', 'a']],
    ['the larger first, when both are as old', [image('a', 10), image('b', 60)], 150, ['b']],
    ['none that is in use', [image('a', 50, 0, { inUse: true }), image('b', 60, 5)], 150, ['b']],
    ['none that was used a moment ago', [image('a', 50, now - 119_999), image('b', 60, now - 120_000)], 150, ['b']],
    ['none that was built here', [local, image('b', 60)], 100, ['b']],
  ];
  for (const [name, images, available, expected] of table)
    it(name, () => {
      const { remove } = planCollection(images, { capacity: 1000, available }, usualCollection, now);
      expect(remove.map(({ id }) => id)).to.deep.equal(expected);
    });

  it('says how much was wanted and found', () => {
    const space = { capacity: 1000, available: 100 };
    expect(planCollection([image('a', 60)], space, usualCollection, now)).to.deep.include({ wanted: 100, found: 60 });
    const none = { capacity: 0, available: 0 };
    expect(planCollection([image('a', 60)], none, usualCollection, now).remove).to.deep.equal([]);
  });
});
