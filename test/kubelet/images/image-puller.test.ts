import { expect } from 'chai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VirtualClock } from '../../../src/base/virtual-clock.ts';
import type { ConfigSource } from '../../../src/kubelet/containers/config-source.ts';
import { ImagePuller } from '../../../src/kubelet/images/image-puller.ts';
import { nodeCredentials } from '../../../src/kubelet/images/node-credentials.ts';
import { PullRecords } from '../../../src/kubelet/images/pull-records.ts';
import {
  RuntimeError,
  type ImageCredentials,
  type PullProgress,
  type Runtime,
} from '../../../src/kubelet/runtime/runtime.ts';
import { somePod } from '../pods.ts';

const image = 'registry.example/team/app:1';
const names = [image, 'registry.example/team/app@sha256:2', 'made/here:1'];
const login = (user: string) => ({ auths: { 'registry.example': { username: user, password: `word of ${user}` } } });

describe('ImagePuller', () => {
  let folder: string;
  let clock: VirtualClock;
  let told: string[];
  let here: boolean;
  /** Whom the registry lets pull; `nobody` stands for those without credentials. */
  let welcome: string[];
  let pulls: string[];
  let secrets: Record<string, object>;
  let during: (progress: (seen: PullProgress) => void) => Promise<void>;
  let puller: ImagePuller;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cox-puller-'));
    clock = new VirtualClock();
    [told, pulls, welcome, here] = [[], [], ['nobody'], false];
    secrets = {};
    during = async () => {};
    puller = make();
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  function make(): ImagePuller {
    const runtime = {
      findImage: async () => (here ? { id: 'sha256:1', size: 7, names, user: '' } : undefined),
      pullImage: async (name: string, given?: ImageCredentials, progress?: (seen: PullProgress) => void) => {
        const user = given?.username ?? 'nobody';
        pulls.push(user);
        expect(given ?? {}).not.to.have.property('secret');
        await during(progress!);
        if (!welcome.includes(user)) throw new RuntimeError('ErrImagePull', `pull access denied for ${name}`);
        here = true;
      },
    } as unknown as Runtime;
    const events = {
      event: (_: object, type: string, reason: string, text: string) => void told.push(`${type} ${reason}: ${text}`),
    };
    return new ImagePuller({
      ...{ runtime, clock, events, records: new PullRecords(join(folder, 'records')) },
      nodeCredentials: (name) => nodeCredentials(name, [join(folder, 'config.json')]),
    });
  }

  const source = () => {
    const encoded = (value: object) => ({ '.dockerconfigjson': Buffer.from(JSON.stringify(value)).toString('base64') });
    const secret = async (name: string) =>
      secrets[name] && { metadata: { uid: `uid-${name}` }, data: encoded(secrets[name]) };
    return { secret, namespace: 'default' } as unknown as ConfigSource;
  };

  /** Why the container waits, or `ready`. */
  async function ensure(names: string[] = [], container: object = {}, uid = 'uid-1'): Promise<string> {
    const pod = somePod({ imagePullSecrets: names.map((name) => ({ name })) }, {}, { uid });
    const wanted = { name: 'app', image, imagePullPolicy: 'IfNotPresent', ...container };
    const result = await puller.ensure(pod, wanted, source());
    return 'image' in result ? 'ready' : result.waiting.reason;
  }

  it('takes what is here, and says so', async () => {
    here = true;
    expect(await ensure()).to.equal('ready');
    expect(told).to.deep.equal([
      `Normal Pulled: Container image "${image}" already present on machine and can be accessed by the pod`,
    ]);
    expect(pulls).to.deep.equal([]);
  });

  it('asks the registry each time when it has to', async () => {
    here = true;
    expect(await ensure([], { imagePullPolicy: 'Always' })).to.equal('ready');
    expect(pulls).to.deep.equal(['nobody']);
    expect(told.map((line) => line.replace(/in .* Image/, 'in - Image'))).to.deep.equal([
      `Normal Pulling: Pulling image "${image}"`,
      `Normal Pulled: Successfully pulled image "${image}" in - Image size: 7 bytes.`,
    ]);
  });

  it('never asks the registry when it must not', async () => {
    expect(await ensure([], { imagePullPolicy: 'Never' })).to.equal('ErrImageNeverPull');
    expect(told).to.deep.equal([
      `Warning ErrImageNeverPull: Container image "${image}" is not present with pull policy of Never`,
      'Warning Failed: Error: ErrImageNeverPull',
    ]);
  });

  it('refuses names that are none', async () => {
    expect(await ensure([], { image: 'No Name' })).to.equal('InvalidImageName');
    expect(told[0]).to.match(/^Warning InspectFailed: Failed to apply default image tag "No Name"/);
  });

  it('waits longer after each pull that fails, and tells that it does', async () => {
    welcome = [];
    const delays: number[] = [];
    expect(await ensure()).to.equal('ErrImagePull');
    for (let i = 0; i < 7; i++) {
      let waited = 0;
      for (; (await ensure()) === 'ImagePullBackOff'; waited += 5_000) await clock.advance(5_000);
      delays.push(waited / 1000);
    }
    expect(delays).to.deep.equal([10, 20, 40, 80, 160, 300, 300]);
    expect(told.slice(0, 5)).to.deep.equal([
      `Normal Pulling: Pulling image "${image}"`,
      `Warning Failed: Failed to pull image "${image}": pull access denied for ${image}`,
      'Warning Failed: Error: ErrImagePull',
      `Normal BackOff: Back-off pulling image "${image}"`,
      'Warning Failed: Error: ImagePullBackOff',
    ]);
  });

  it('shares one pull among those without credentials', async () => {
    const both = await Promise.all([ensure(), ensure([], {}, 'uid-2')]);
    expect([both, pulls]).to.deep.equal([['ready', 'ready'], ['nobody']]);
  });

  it('tries the secrets of the pod, then what the node has', async () => {
    secrets = { one: login('ann'), two: login('bob') };
    writeFileSync(join(folder, 'config.json'), JSON.stringify(login('node')));
    welcome = ['node'];
    expect(await ensure(['one', 'gone', 'two'])).to.equal('ready');
    expect(pulls).to.deep.equal(['ann', 'bob', 'node']);
    expect(told.filter((line) => line.includes('Secret'))).to.deep.equal([
      'Warning FailedToRetrieveImagePullSecret: Unable to retrieve some image pull secrets (gone); attempting to pull the image may not succeed.',
    ]);
  });

  it('tells now and then how far a pull is', async () => {
    during = async (progress) => {
      progress({ done: 1_000_000, total: 30_000_000 });
      await clock.advance(45_000);
      progress({ done: 20_000_000, total: 30_000_000 });
      await clock.advance(45_000);
      await clock.advance(45_000);
    };
    expect(await ensure()).to.equal('ready');
    expect(told.filter((line) => line.includes(' MB'))).to.deep.equal([
      `Normal Pulling: Pulling image "${image}": 1.0 MB of 30.0 MB`,
      `Normal Pulling: Pulling image "${image}": 20.0 MB of 30.0 MB`,
    ]);
  });

  describe('of images that a secret has brought here', () => {
    beforeEach(async () => {
      secrets = { one: login('ann'), same: login('ann'), other: login('bob') };
      welcome = ['ann'];
      expect(await ensure(['one'])).to.equal('ready');
      pulls = [];
      puller = make(); // what it knows outlives the kubelet
    });

    const cases: [title: string, names: string[], container: object, result: string, asked: string[]][] = [
      ['gives them to pods with that secret', ['one'], {}, 'ready', []],
      ['gives them to pods whose secret says the same', ['same'], {}, 'ready', []],
      ['asks the registry for others', ['other'], {}, 'ErrImagePull', ['bob']],
      ['asks the registry for those without a secret', [], {}, 'ErrImagePull', ['nobody']],
      [
        'gives them to those who know them by a name they were not pulled by',
        [],
        { image: 'made/here:1' },
        'ready',
        [],
      ],
      ['keeps them from others that must not pull', [], { imagePullPolicy: 'Never' }, 'ErrImageNeverPull', []],
    ];
    for (const [title, names, container, result, asked] of cases) {
      it(title, async () => {
        expect(await ensure(names, container, 'uid-2')).to.equal(result);
        expect(pulls).to.deep.equal(asked);
      });
    }

    it('gives them to that secret when it has changed since', async () => {
      secrets.one = login('carol');
      expect([await ensure(['one']), pulls]).to.deep.equal(['ready', []]);
    });

    it('gives them to everybody once somebody has pulled them without', async () => {
      welcome.push('nobody');
      expect([await ensure(), pulls]).to.deep.equal(['ready', ['nobody']]);
      welcome = [];
      expect([await ensure(['other']), pulls]).to.deep.equal(['ready', ['nobody']]);
    });
  });

  it('asks again for an image whose pull was cut off, for nobody knows whose it is', async () => {
    await new PullRecords(join(folder, 'records')).begin(image);
    here = true;
    welcome = [];
    expect(await ensure()).to.equal('ErrImagePull');
  });
});
