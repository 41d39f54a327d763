import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { unfitNode } from '../../src/cluster/node-version.ts';

describe('the Node.js of a program that imports the package', () => {
  for (const version of ['22.15.0', '22.22.1', '24.0.0', '26.10.0']) {
    it(`may be ${version}`, () => expect(unfitNode(version)).to.equal(undefined));
  }
  for (const version of ['20.20.2', '22.14.0', '18.0.0']) {
    it(`is refused when it is ${version}, in a sentence`, () =>
      expect(unfitNode(version)).to.match(
        /needs Node\.js 22\.15 or newer, but this is [\d.]+\. Run your tests on a newer/,
      ));
  }
  it('is asked for before anything else is loaded', () => {
    const index = readFileSync(new URL('../../src/cluster/index.ts', import.meta.url), 'utf8');
    const [first] = index.match(/^(?:import|export) .*/gm)!;
    expect(first).to.equal("import './require-node.ts';");
  });
});
