import { expect } from 'chai';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bindMount, isMounted, listMounts, mount, unmount, unmountAll } from '../../src/linux/mount.ts';

describe('mounting', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'cox mount-'))));
  afterEach(async () => {
    await unmountAll(folder);
    rmSync(folder, { recursive: true });
  });

  it('mounts and unmounts a file system with options, at a path with a blank', async () => {
    await mount('tmpfs', 'tmpfs', folder, ['size=1m', 'mode=0700']);
    expect((await listMounts()).find((m) => m.target === folder)).to.include({ type: 'tmpfs' });
    await unmount(folder);
    expect(await isMounted(folder)).to.equal(false);
    await unmount(folder);
  });

  it('shows a folder at a second place, for reading only if asked', async () => {
    const [source, target] = [join(folder, 'a'), join(folder, 'b')];
    mkdirSync(source);
    mkdirSync(target);
    writeFileSync(join(source, 'file'), 'x');
    await bindMount(source, target, { readOnly: true });
    expect(existsSync(join(target, 'file'))).to.equal(true);
    expect(() => writeFileSync(join(target, 'other'), 'x')).to.throw(/EROFS/);
  });

  it('unmounts what is busy, and what is stacked or nested', async () => {
    const inner = join(folder, 'inner');
    await mount('tmpfs', 'tmpfs', folder);
    mkdirSync(inner);
    await mount('tmpfs', 'tmpfs', inner);
    await mount('tmpfs', 'tmpfs', inner);
    const file = await open(join(inner, 'busy'), 'w');
    await unmountAll(folder);
    await file.close();
    expect((await listMounts()).filter((m) => m.target.startsWith(folder))).to.deep.equal([]);
  });
});
