import { expect } from 'chai';
import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBeneath } from '../../../src/linux/open-beneath.ts';
import type { Mounter } from '../../../src/kubelet/volumes/mounter.ts';
import { bindSubPath } from '../../../src/kubelet/volumes/sub-path.ts';

describe('parts of volumes', () => {
  let folder: string;
  const volume = () => join(folder, 'volume');

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cox-beneath-'));
    mkdirSync(join(volume(), 'a/b'), { recursive: true });
    mkdirSync(join(folder, 'outside'));
    writeFileSync(join(volume(), 'a/file'), 'x');
    symlinkSync('a/b', join(volume(), 'inner'));
    symlinkSync('../outside', join(volume(), 'out'));
    symlinkSync('nowhere', join(volume(), 'dangling'));
    symlinkSync('../../outside', join(volume(), 'a/deep'));
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  describe('openBeneath', () => {
    const opened = async (path: string, makeMode?: number) => {
      const handle = await openBeneath(volume(), path, makeMode);
      const { ino } = await handle.stat();
      await handle.close();
      return ino;
    };
    const failure = (path: string, makeMode?: number) => opened(path, makeMode).then(String, (e: Error) => e.message);

    it('opens folders and files', async () => {
      expect(await opened('a/b')).to.equal(statSync(join(volume(), 'a/b')).ino);
      expect(await opened('a//./file')).to.equal(statSync(join(volume(), 'a/file')).ino);
      expect(await opened('')).to.equal(statSync(volume()).ino);
    });

    it('makes what is missing if it may, of the given mode', async () => {
      await opened('a/new/folder', 0o705);
      expect(statSync(join(volume(), 'a/new/folder')).mode & 0o777).to.equal(0o705);
      expect(await failure('a/none')).to.match(/ENOENT/);
    });

    for (const path of ['inner', 'inner/x', 'out', 'a/deep', 'dangling']) {
      it(`follows no link: ${path}`, async () => expect(await failure(path, 0o755)).to.match(/is a symbolic link/));
    }

    it('goes neither up nor through a file', async () => {
      expect(await failure('a/../a')).to.match(/must not go up/);
      expect(await failure('a/file/x', 0o755)).to.match(/ENOTDIR/);
    });
  });

  describe('bindSubPath', () => {
    let bound: string | undefined;
    const mounter = {
      isMounted: async () => bound !== undefined,
      unmount: async () => (bound = undefined),
      bind: async (source: string) => {
        bound = `${statSync(source).dev}:${statSync(source).ino}`;
      },
    } as unknown as Mounter;
    const target = () => join(folder, 'targets/one');
    const place = (path: string) => {
      const { dev, ino } = statSync(path);
      return `${dev}:${ino}`;
    };

    beforeEach(() => (bound = undefined));

    it('binds folders and files, also through links that stay inside', async () => {
      await bindSubPath(mounter, volume(), 'a/file', target());
      expect([bound, statSync(target()).isFile()]).to.deep.equal([place(join(volume(), 'a/file')), true]);
      rmSync(target());
      await bindSubPath(mounter, volume(), 'inner', target());
      expect([bound, statSync(target()).isDirectory()]).to.deep.equal([place(join(volume(), 'a/b')), true]);
    });

    it('makes what is missing with the mode of the volume', async () => {
      await bindSubPath(mounter, volume(), 'inner/new/one', target());
      expect(bound).to.equal(place(join(volume(), 'a/b/new/one')));
      expect(statSync(join(volume(), 'a/b/new')).mode & 0o777).to.equal(statSync(volume()).mode & 0o777);
    });

    for (const [path, why] of [
      ['out', /not within volume path/],
      ['out/new', /not within volume path/],
      ['a/deep', /not within volume path/],
      ['dangling', /leads nowhere/],
      ['dangling/new', /leads nowhere/],
    ] as const) {
      it(`does not leave the volume: ${path}`, async () => {
        const said = await bindSubPath(mounter, volume(), path, target()).then(String, (e: Error) => e.message);
        expect(said).to.match(why);
        expect(bound).to.equal(undefined);
      });
    }
  });
});
