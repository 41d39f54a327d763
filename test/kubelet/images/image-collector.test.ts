import { expect } from 'chai';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { noLog } from '../../../src/base/log.ts';
import { VirtualClock } from '../../../src/base/virtual-clock.ts';
import { ImageCollector } from '../../../src/kubelet/images/image-collector.ts';
import type { Image, Runtime } from '../../../src/kubelet/runtime/runtime.ts';

describe('ImageCollector', () => {
  let rootDir: string;
  beforeEach(async () => (rootDir = await mkdtemp(join(tmpdir(), 'images-'))));
  afterEach(() => rm(rootDir, { recursive: true }));

  const imageOf = (id: string): Image => ({ id: `sha256:${id}`, size: 100, names: [`${id}@sha256:1`], user: '' });

  it('removes only what pods have used, also after a restart, and says when that does not suffice', async () => {
    const clock = new VirtualClock();
    let images = ['ours', 'theirs'].map(imageOf);
    let used = ['ours@sha256:1'];
    let available = 500;
    const warnings: string[] = [];
    const runtime = {
      images: async () => images,
      pods: () => [{ containers: used.map((imageId) => ({ imageId })) }],
      removeImage: async ({ id }: Image) => void (images = images.filter((one) => one.id !== id)),
    } as unknown as Runtime;
    const make = () =>
      new ImageCollector({
        ...{ runtime, clock, log: noLog, rootDir },
        disk: async () => ({ capacity: 1000, available }),
        warn: (reason, message) => warnings.push(`${reason}: ${message}`),
      });
    await make().collect();
    available = 0;
    await make().collect();
    expect(images).to.have.lengthOf(2);
    used = [];
    await clock.advance(120_000);
    await make().collect();
    expect(images.map(({ id }) => id)).to.deep.equal(['sha256:theirs']);
    expect(warnings).to.deep.equal([
      'FreeDiskSpaceFailed: Failed to garbage collect required amount of images. Attempted to free 200 bytes, but only found 0 bytes eligible to free.',
      'FreeDiskSpaceFailed: Failed to garbage collect required amount of images. Attempted to free 200 bytes, but only found 100 bytes eligible to free.',
    ]);
  });

  it('removes what no pod uses any more when pods would have to go otherwise, however short its use was', async () => {
    const clock = new VirtualClock();
    let images = ['brief', 'running', 'theirs'].map(imageOf);
    const runtime = {
      images: async () => images,
      pods: () => [{ containers: [{ imageId: 'sha256:running' }] }],
      removeImage: async ({ id }: Image) => void (images = images.filter((one) => one.id !== id)),
    } as unknown as Runtime;
    const collector = new ImageCollector({
      ...{ runtime, clock, log: noLog, rootDir },
      disk: async () => ({ capacity: 1000, available: 900 }),
      warn: () => expect.fail('nothing is wrong'),
    });
    for (const image of images.slice(0, 2)) collector.used(image);
    await collector.removeUnused();
    expect(images).to.have.lengthOf(3);
    await clock.advance(120_000);
    await collector.removeUnused();
    expect(images.map(({ id }) => id)).to.deep.equal(['sha256:running', 'sha256:theirs']);
  });
});
