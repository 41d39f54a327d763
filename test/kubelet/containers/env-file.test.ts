import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseEnvFile, readEnvFile } from '../../../src/kubelet/containers/env-file.ts';

describe('parseEnvFile', () => {
  const good: [string, Record<string, string>][] = [
    ['', {}],
    ["A='a'", { A: 'a' }],
    ["A='a'\nB='b c'\n", { A: 'a', B: 'b c' }],
    ['# of the team\n\n  A=\'$(X) \\n "q"\'  # told\n', { A: '$(X) \\n "q"' }],
    ["A='one\ntwo'\nB=''", { A: 'one\ntwo', B: '' }],
    ["A='1'\r\nA='2'\r\n", { A: '2' }],
  ];
  for (const [text, expected] of good) {
    it(`reads ${JSON.stringify(text)}`, () => expect(Object.fromEntries(parseEnvFile(text))).to.deep.equal(expected));
  }

  const bad: [string, number][] = [
    ['A=a', 1],
    ["A='a'\nB", 2],
    ["A='open", 1],
    ["A='a'b", 1],
    ["1A='a'", 1],
    ["A = 'a'", 1],
  ];
  for (const [text, line] of bad) {
    it(`refuses ${JSON.stringify(text)}`, () => expect(() => parseEnvFile(text)).to.throw(`at line ${line}`));
  }
});

describe('readEnvFile', () => {
  let folder: string;
  let volume: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'coxswain-env-'));
    volume = join(folder, 'volume');
    mkdirSync(join(volume, 'sub'), { recursive: true });
    writeFileSync(join(volume, 'sub', 'file'), "A='a'");
    writeFileSync(join(folder, 'secret'), "A='host'");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('reads a file, and links that stay in the volume', async () => {
    symlinkSync('sub/file', join(volume, 'link'));
    expect((await readEnvFile(volume, 'sub/file'))?.get('A')).to.equal('a');
    expect((await readEnvFile(volume, 'link'))?.get('A')).to.equal('a');
    expect(await readEnvFile(volume, 'none')).to.equal(undefined);
  });

  it('follows nothing out of the volume', async () => {
    symlinkSync('../secret', join(volume, 'link'));
    symlinkSync(folder, join(volume, 'dir'));
    for (const path of ['link', 'dir/secret', '../secret', 'sub']) {
      const error = await readEnvFile(volume, path).catch((e: Error) => e);
      expect(error, path).to.be.instanceOf(Error);
    }
  });
});
