import { expect } from 'chai';
import { parseImageName, withDefaultTag } from '../../../src/kubelet/images/image-name.ts';

describe('parseImageName', () => {
  const good: [string, string, string | undefined][] = [
    ['nginx', 'docker.io', undefined],
    ['nginx:1.27', 'docker.io', '1.27'],
    ['team/app', 'docker.io', undefined],
    ['registry.example:5000/team/app:v1', 'registry.example:5000', 'v1'],
    ['localhost/app', 'localhost', undefined],
    [`app@sha256:${'a'.repeat(64)}`, 'docker.io', undefined],
  ];
  for (const [text, registry, tag] of good) {
    it(`understands ${text}`, () => expect(parseImageName(text)).to.include({ registry, tag }));
  }

  for (const text of ['', 'Nginx', 'a b', 'a:', 'a:b:c', '/a', 'a//b', 'a@b', `${'a/'.repeat(400)}a`, 'http://x/y']) {
    it(`refuses ${JSON.stringify(text.slice(0, 20))}`, () => expect(parseImageName(text)).to.equal(undefined));
  }

  it('adds the tag that a pull must say', () => {
    expect(['nginx', 'nginx:1', 'host:5000/nginx'].map(withDefaultTag)).to.deep.equal([
      'nginx:latest',
      'nginx:1',
      'host:5000/nginx:latest',
    ]);
  });
});
