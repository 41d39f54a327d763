import { expect } from 'chai';
import { lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeAtomically } from '../../../src/kubelet/volumes/atomic-writer.ts';
import { keyFiles } from '../../../src/kubelet/volumes/key-files.ts';

const file = (text: string, mode = 0o644) => ({ content: Buffer.from(text), mode });

describe('writeAtomically', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'coxswain-volume-'));
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('writes files behind links, with their modes', async () => {
    await writeAtomically(
      folder,
      new Map([
        ['a', file('1')],
        ['deep/b', file('2', 0o400)],
      ]),
    );
    expect(readFileSync(join(folder, 'a'), 'utf8')).to.equal('1');
    expect(readFileSync(join(folder, 'deep/b'), 'utf8')).to.equal('2');
    expect(lstatSync(join(folder, 'a')).isSymbolicLink()).to.equal(true);
    expect(statSync(join(folder, 'deep/b')).mode & 0o777).to.equal(0o400);
  });

  it('swaps everything by one link, and takes away what is gone', async () => {
    await writeAtomically(
      folder,
      new Map([
        ['a', file('1')],
        ['b', file('2')],
      ]),
    );
    const before = readlinkSync(join(folder, '..data'));
    expect(await writeAtomically(folder, new Map([['a', file('new')]]))).to.equal(true);
    expect(readlinkSync(join(folder, '..data'))).not.to.equal(before);
    expect(readdirSync(folder).filter((name) => !name.startsWith('..'))).to.deep.equal(['a']);
    expect(readdirSync(folder)).to.have.length(3);
    expect(readFileSync(join(folder, 'a'), 'utf8')).to.equal('new');
  });

  it('touches nothing when nothing changed', async () => {
    const files = new Map([['a', file('1')]]);
    await writeAtomically(folder, files);
    const before = readlinkSync(join(folder, '..data'));
    expect(await writeAtomically(folder, files)).to.equal(false);
    expect(readlinkSync(join(folder, '..data'))).to.equal(before);
  });

  for (const path of ['../x', '/etc/passwd', 'a/../../x', '..data', '']) {
    it(`refuses the path ${JSON.stringify(path)}`, async () => {
      const said = await writeAtomically(folder, new Map([[path, file('x')]])).then(
        () => '',
        (e: Error) => e.message,
      );
      expect(said).to.contain('leads out of the volume');
    });
  }
});

describe('keyFiles', () => {
  const values = new Map([
    ['a', Buffer.from('1')],
    ['b', Buffer.from('2')],
  ]);

  it('takes all keys, or those listed under their paths and modes', () => {
    expect([...keyFiles(values, {}, 0o644, String).keys()]).to.deep.equal(['a', 'b']);
    const [found] = keyFiles(values, { items: [{ key: 'a', path: 'x/y', mode: 0o600 }] }, 0o644, String);
    expect([found![0], found![1].mode]).to.deep.equal(['x/y', 0o600]);
  });

  it('misses a listed key unless that is optional', () => {
    const items = [{ key: 'none', path: 'p' }];
    expect(() => keyFiles(values, { items }, 0o644, (key) => `no ${key}`)).to.throw('no none');
    expect(keyFiles(values, { items, optional: true }, 0o644, String).size).to.equal(0);
  });
});
