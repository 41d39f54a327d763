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

  const imageOf = (id: string): Image => ({ id, size: 100, names: [`${id}@sha256:1`], user: '' });

  it('removes only what pods have used, also after a restart, and says when that does not suffice', async () => {
    const clock = new VirtualClock();
    let images = ['sha256:ours', 'sha256:theirs'].map(imageOf);
    let used = ['docker://sha256:ours'];
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
});
