import { expect } from 'chai';
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clusterTrustBundle } from '../../../src/api/certificates-v1beta1/cluster-trust-bundle.ts';
import { configMap } from '../../../src/api/core-v1/config-map.ts';
import { persistentVolumeClaim } from '../../../src/api/core-v1/persistent-volume-claim.ts';
import { persistentVolume } from '../../../src/api/core-v1/persistent-volume.ts';
import { secret } from '../../../src/api/core-v1/secret.ts';
import { VirtualClock } from '../../../src/base/virtual-clock.ts';
import { notFound } from '../../../src/apimachinery/api-error.ts';
import type { Kind } from '../../../src/apimachinery/kind.ts';
import type { Client } from '../../../src/client/client.ts';
import type { Mounter } from '../../../src/kubelet/volumes/mounter.ts';
import type { UsedObject } from '../../../src/kubelet/volumes/object-watcher.ts';
import { VolumesNotReady } from '../../../src/kubelet/volumes/volume-error.ts';
import { VolumeManager } from '../../../src/kubelet/volumes/volume-manager.ts';
import { somePod } from '../pods.ts';

const facts = { hostIp: '192.0.2.1', ips: ['10.244.0.5'], allocatable: { cpu: '2', memory: '1Gi' } };

describe('VolumeManager', () => {
  let rootDir: string;
  let clock: VirtualClock;
  let manager: VolumeManager;
  let objects: Map<string, object>;
  let mounted: Map<string, { type: string; options: readonly string[] }>;
  let measured: string[];
  let used: readonly UsedObject[];
  const layers = new Map([
    ['one', ['/l/1']],
    ['two', ['/l/2', '/l/1']],
  ]);

  beforeEach(() => {
    rootDir = mkdtempSync(join(tmpdir(), 'cox-volumes-'));
    clock = new VirtualClock();
    objects = new Map();
    mounted = new Map();
    used = [];
    measured = [];
    manager = start();
  });

  afterEach(() => rmSync(rootDir, { recursive: true, force: true }));

  function start(): VolumeManager {
    const watcher = { use: (_: string, all: readonly UsedObject[]) => void (used = all), forget: () => (used = []) };
    const node = () => ({ name: 'n1', labels: { 'kubernetes.io/hostname': 'n1' } });
    const localPaths = join(rootDir, 'provisioned');
    const imageFiles = async (_: unknown, { image = '' }) => {
      const found = layers.get(image);
      if (!found) throw new Error('no image');
      return { layers: found, imageRef: `docker://${image}` };
    };
    return new VolumeManager({
      rootDir,
      client: fakeClient(),
      clock,
      mounter: fakeMounter(),
      watcher,
      node,
      localPaths,
      imageFiles,
      observed: (plugin, done) => void measured.push(`${plugin} ${done ? 'is there' : 'fails'}`),
    });
  }

  function fakeClient(): Client {
    const find = async (kind: Kind, { name = '' }) => objects.get(`${kind.plural}/${name}`);
    return {
      find,
      get: async (kind: Kind, key: { name?: string }) => {
        const found = await find(kind, key);
        if (found) return found;
        throw notFound({ group: '', plural: kind.plural }, key.name ?? '');
      },
      list: async (kind: Kind) => ({
        items: [...objects].filter(([key]) => key.startsWith(`${kind.plural}/`)).map(([, object]) => object),
      }),
    } as unknown as Client;
  }

  function fakeMounter(): Mounter {
    const below = async (folder: string) => [...mounted.keys()].filter((one) => one.startsWith(folder));
    return {
      mount: async (type, _source, target, options = []) => void mounted.set(target, { type, options }),
      mountDevice: async (type, _device, target, options = []) => void mounted.set(target, { type, options }),
      bind: async (_source, target) => void mounted.set(target, { type: 'bind', options: [] }),
      unmount: async (target) => void mounted.delete(target),
      unmountAll: async (folder) => (await below(folder)).forEach((one) => mounted.delete(one)),
      isMounted: async (target) => mounted.has(target),
      below,
    };
  }

  const put = (kind: Kind<any>, name: string, fields: object, metadata: object = {}) =>
    objects.set(`${kind.plural}/${name}`, {
      metadata: { name, namespace: 'default', uid: `uid-of-${name}`, resourceVersion: '7', ...metadata },
      ...fields,
    });

  const withVolumes = (volumes: object[], spec: object = {}) => somePod({ volumes, ...spec });

  async function setUp(volume: object, spec: object = {}) {
    const { volumes } = await manager.setUp(withVolumes([{ name: 'v', ...volume }], spec), facts);
    return volumes.get('v')!;
  }

  async function messages(pod: ReturnType<typeof somePod>): Promise<readonly string[]> {
    try {
      await manager.setUp(pod, facts);
    } catch (error) {
      if (error instanceof VolumesNotReady) return error.messages;
      throw error;
    }
    throw new Error('all volumes are ready');
  }

  const complaint = async (volume: object, spec: object = {}) => {
    const all = await messages(withVolumes([{ name: 'v', ...volume }], spec));
    expect(all).to.have.length(1);
    return all[0];
  };

  it('keeps a folder for all users, and its content when it is set up again', async () => {
    const { path, readOnly } = await setUp({ emptyDir: {} });
    expect([statSync(path).mode & 0o777, readOnly]).to.deep.equal([0o777, false]);
    writeFileSync(join(path, 'kept'), 'x');
    manager = start(); // as after a crash
    await setUp({ emptyDir: {} });
    expect(readFileSync(join(path, 'kept'), 'utf8')).to.equal('x');
  });

  it('sizes a volume in memory by the least of its own limit, the pod and the node', async () => {
    const limited = (memory: string) => ({ containers: [{ name: 'app', resources: { limits: { memory } } }] });
    const cases: [object, object, number][] = [
      [{ medium: 'Memory' }, {}, 2 ** 30],
      [{ medium: 'Memory' }, limited('64Mi'), 64 * 2 ** 20],
      [{ medium: 'Memory', sizeLimit: '1Mi' }, limited('64Mi'), 2 ** 20],
    ];
    for (const [emptyDir, spec, size] of cases) {
      mounted.clear();
      manager = start();
      const { path } = await setUp({ emptyDir }, spec);
      expect(mounted.get(path)).to.deep.equal({ type: 'tmpfs', options: ['mode=0777', `size=${size}`] });
    }
  });

  it('gives huge pages in the size that the containers ask for', async () => {
    const containers = [{ name: 'app', resources: { requests: { 'hugepages-2Mi': '4Mi' } } }];
    const { path } = await setUp({ emptyDir: { medium: 'HugePages' } }, { containers });
    expect(mounted.get(path)).to.deep.equal({ type: 'hugetlbfs', options: ['pagesize=2097152'] });
    expect(await complaint({ emptyDir: { medium: 'HugePages' }, name: 'w' })).to.match(/request no huge pages$/);
  });

  it('shows the keys of a config map on disk and those of a secret in memory, both for reading only', async () => {
    put(configMap, 'm', { data: { a: '1' }, binaryData: { b: 'AP8=' } });
    put(secret, 's', { data: { k: 'cHc=' } });
    const map = await setUp({ configMap: { name: 'm' } });
    expect(readFileSync(join(map.path, 'a'), 'utf8')).to.equal('1');
    expect(readFileSync(join(map.path, 'b'))).to.deep.equal(Buffer.from([0, 255]));
    expect([map.readOnly, mounted.has(map.path)]).to.deep.equal([true, false]);
    expect(used.map(({ name, version }) => [name, version])).to.deep.equal([['m', '7']]);
    manager = start();
    const { path, readOnly } = await setUp({ secret: { secretName: 's', defaultMode: 0o400 } });
    expect([readFileSync(join(path, 'k'), 'utf8'), statSync(join(path, 'k')).mode & 0o777]).to.deep.equal([
      'pw',
      0o400,
    ]);
    expect([readOnly, mounted.get(path)?.type]).to.deep.equal([true, 'tmpfs']);
  });

  it('lets the group of the pod read what its volumes show', async () => {
    put(secret, 's', { data: { k: 'cHc=' } });
    const fsGroup = process.getgid!();
    const securityContext = { fsGroup };
    const { path } = await setUp({ secret: { secretName: 's', defaultMode: 0o400 } }, { securityContext });
    expect(statSync(join(path, 'k')).mode & 0o777).to.equal(0o440);
    expect(statSync(join(path, 'k')).gid).to.equal(fsGroup);
    const own = await manager.setUp(
      somePod({ volumes: [{ name: 'e', emptyDir: {} }], securityContext }, {}, { uid: 'u2' }),
      facts,
    );
    expect(statSync(own.volumes.get('e')!.path).mode & 0o7777).to.equal(0o2777);
  });

  it('makes the folders at which other volumes are mounted inside one that nobody can write', async () => {
    put(configMap, 'm', { data: { a: '1' } });
    const volumeMounts = [
      { name: 'v', mountPath: '/etc/app' },
      { name: 'w', mountPath: '/etc/app/deep/er' },
    ];
    const { path } = await setUp({ configMap: { name: 'm' } }, { containers: [{ name: 'app', volumeMounts }] });
    expect(lstatSync(join(path, 'deep/er')).isDirectory()).to.equal(true);
  });

  it('keeps what a volume showed when its object is gone, and says so', async () => {
    put(configMap, 'm', { data: { a: '1' } });
    const pod = withVolumes([{ name: 'v', configMap: { name: 'm' } }]);
    await manager.setUp(pod, facts);
    objects.clear();
    const { volumes, stale } = await manager.setUp(pod, facts);
    expect(readFileSync(join(volumes.get('v')!.path, 'a'), 'utf8')).to.equal('1');
    expect(stale).to.deep.equal(['MountVolume.SetUp failed for volume "v" : configmap "m" not found']);
  });

  it('shows the certificates of trust bundles, each once', async () => {
    const one = '-----BEGIN CERTIFICATE-----\nMTEx\n-----END CERTIFICATE-----\n';
    const two = '-----BEGIN CERTIFICATE-----\nMjIy\n-----END CERTIFICATE-----\n';
    put(clusterTrustBundle, 'a', { spec: { signerName: 'x/y', trustBundle: two + one } }, { labels: { live: 'yes' } });
    put(clusterTrustBundle, 'b', { spec: { signerName: 'x/y', trustBundle: one } }, { labels: { live: 'yes' } });
    const projected = (clusterTrustBundle: object) => ({
      projected: { sources: [{ clusterTrustBundle: { path: 'ca.pem', ...clusterTrustBundle } }] },
    });
    const { path } = await setUp(projected({ signerName: 'x/y', labelSelector: { matchLabels: { live: 'yes' } } }));
    expect(readFileSync(join(path, 'ca.pem'), 'utf8')).to.equal(one + two);
    manager = start();
    expect(await complaint(projected({ name: 'none' }))).to.match(/clustertrustbundle "none" not found$/);
    expect(await complaint(projected({ signerName: 'x/y' }))).to.match(/matched zero ClusterTrustBundles$/);
    await setUp(projected({ name: 'none', optional: true }));
  });

  describe('paths of the node', () => {
    const there = () => join(rootDir, 'there');
    const cases: [type: string | undefined, what: 'none' | 'file' | 'folder', result: RegExp | 'file' | 'folder'][] = [
      [undefined, 'none', 'folder'],
      ['', 'file', 'file'],
      ['DirectoryOrCreate', 'none', 'folder'],
      ['DirectoryOrCreate', 'file', /hostPath type check failed: .* is not a directory$/],
      ['Directory', 'none', /is not a directory$/],
      ['FileOrCreate', 'none', 'file'],
      ['FileOrCreate', 'folder', /is not a file$/],
      ['File', 'none', /is not a file$/],
      ['Socket', 'file', /is not a socket file$/],
      ['CharDevice', 'file', /is not a character device$/],
      ['BlockDevice', 'none', /is not a block device$/],
    ];
    for (const [type, what, result] of cases) {
      it(`${type ?? 'no type'} on ${what}: ${result}`, async () => {
        if (what === 'folder') mkdirSync(there());
        if (what === 'file') writeFileSync(there(), '');
        const volume = { hostPath: { path: there(), ...(type !== undefined && { type }) } };
        if (result instanceof RegExp) {
          expect(await complaint(volume)).to.match(result);
        } else {
          expect(await setUp(volume)).to.include({ path: there(), readOnly: false });
          expect(statSync(there()).isDirectory()).to.equal(result === 'folder');
        }
      });
    }
  });

  describe('claims', () => {
    const claim = { persistentVolumeClaim: { claimName: 'c' } };
    const bind = (spec: object, claimFields: object = {}) => {
      put(persistentVolumeClaim, 'c', { spec: { volumeName: 'pv', ...claimFields }, status: { phase: 'Bound' } });
      put(persistentVolume, 'pv', { spec: { claimRef: { uid: 'uid-of-c' }, ...spec } });
    };
    const unprocessed = (why: string) =>
      'Unable to attach or mount volumes: unmounted volumes=[v], unattached volumes=[], failed to process volumes=[v]: ' +
      `error processing PVC default/c: ${why}`;
    const onlyOn = (name: string) => ({
      required: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [name] }] }],
      },
    });

    it('gives a local folder to the pod, for reading only if the pod says so', async () => {
      const path = join(rootDir, 'disk');
      mkdirSync(path);
      bind({ local: { path }, nodeAffinity: onlyOn('n1') });
      expect(await setUp(claim)).to.include({ path, readOnly: false });
      manager = start();
      const reading = { persistentVolumeClaim: { claimName: 'c', readOnly: true } };
      expect(await setUp(reading)).to.include({ path, readOnly: true });
    });

    it('makes the folder of a volume that was provisioned here, and no other', async () => {
      const metadata = { annotations: { 'pv.kubernetes.io/provisioned-by': 'coxswain.dev/local-path' } };
      const bindTo = (path: string) => {
        bind({});
        put(persistentVolume, 'pv', { spec: { claimRef: { uid: 'uid-of-c' }, local: { path } } }, metadata);
      };
      bindTo(join(rootDir, 'elsewhere/x'));
      expect(await complaint(claim)).to.match(/does not exist$/);
      bindTo(join(rootDir, 'provisioned/../x'));
      expect(await complaint(claim)).to.match(/does not exist$/);
      const path = join(rootDir, 'provisioned/x');
      bindTo(path);
      expect(await setUp(claim)).to.include({ path, readOnly: false });
      expect(statSync(path).mode & 0o777).to.equal(0o777);
    });

    it('makes the folder of a path of the node', async () => {
      const path = join(rootDir, 'new');
      bind({ hostPath: { path, type: 'DirectoryOrCreate' } });
      expect(await setUp(claim)).to.include({ path, readOnly: false });
      expect(existsSync(path)).to.equal(true);
    });

    it('says why it cannot, in the words of events', async () => {
      expect(await complaint(claim)).to.match(
        /failed to fetch PVC from API server: persistentvolumeclaims "c" not found$/,
      );
      put(persistentVolumeClaim, 'c', { spec: {}, status: { phase: 'Pending' } });
      expect(await complaint(claim)).to.equal(unprocessed('PVC is not bound'));
      bind({ local: { path: '/none' }, claimRef: { uid: 'other' } });
      expect(await complaint(claim)).to.match(/PV.Spec.ClaimRef.UID "other" does not match pvc.UID "uid-of-c"$/);
      bind({ local: { path: join(rootDir, 'none') } });
      expect(await complaint(claim)).to.equal(
        `MountVolume.NewMounter initialization failed for volume "pv" : path "${join(rootDir, 'none')}" does not exist`,
      );
      bind({ local: { path: rootDir }, nodeAffinity: onlyOn('n2') });
      expect(await complaint(claim)).to.equal(
        'MountVolume.NodeAffinity check failed for volume "pv" : no matching NodeSelectorTerms',
      );
      bind({ csi: { driver: 'x.csi' } });
      expect(await complaint(claim)).to.match(/driver name x.csi not found in the list of registered CSI drivers$/);
      bind({ fc: {} });
      expect(await complaint(claim)).to.match(/err=no volume plugin matched$/);
      bind({ local: { path: rootDir }, volumeMode: 'Block' }, { volumeMode: 'Block' });
      const containers = [{ name: 'app', volumeMounts: [{ name: 'v', mountPath: '/v' }] }];
      expect(await complaint(claim, { containers })).to.match(/volumeMode Block, but is specified in volumeMounts$/);
      const devices = [{ name: 'app', volumeDevices: [{ name: 'v', devicePath: '/dev/v' }] }];
      expect(await complaint(claim, { containers: devices })).to.equal(
        `MapVolume.MapBlockVolume failed for volume "pv" : path "${rootDir}" is not a block device`,
      );
      bind({ local: { path: rootDir } });
      expect(await complaint(claim, { containers: devices })).to.match(/but is specified in volumeDevices$/);
    });

    it('takes the claim of an ephemeral volume only if it was made for the pod', async () => {
      const path = rootDir;
      const ref = (uid: string) => ({ ownerReferences: [{ uid, controller: true }] });
      const make = (owner: string) => {
        put(persistentVolumeClaim, 'web-v', { spec: { volumeName: 'pv' }, status: { phase: 'Bound' } }, ref(owner));
        put(persistentVolume, 'pv', { spec: { claimRef: { uid: 'uid-of-web-v' }, local: { path } } });
      };
      make('somebody');
      expect(await complaint({ ephemeral: {} })).to.match(/was not created for pod default\/web \(pod is not owner\)$/);
      make('uid-1');
      expect((await setUp({ ephemeral: {} })).path).to.equal(path);
    });

    it('lets a pod that runs keep a claim that is to be deleted, and no new one have it', async () => {
      bind({ local: { path: rootDir } });
      const metadata = { uid: 'uid-of-c', deletionTimestamp: '2026-01-01T00:00:00Z' };
      put(persistentVolumeClaim, 'c', { spec: { volumeName: 'pv' }, status: { phase: 'Bound' } }, metadata);
      expect(await complaint(claim)).to.equal(unprocessed('PVC is being deleted'));
      const pod = somePod({ volumes: [{ name: 'v', ...claim }] }, { phase: 'Running' });
      expect((await manager.setUp(pod, facts)).volumes.get('v')?.path).to.equal(rootDir);
    });
  });

  it('shows the files of an image for reading only', async () => {
    const one = await setUp({ image: { reference: 'one' } });
    expect([one.readOnly, mounted.get(one.path)?.type]).to.deep.equal([true, 'bind']);
    manager = start();
    mounted.clear();
    const two = await setUp({ image: { reference: 'two' } });
    expect(mounted.get(two.path)).to.deep.equal({ type: 'overlay', options: ['ro', 'lowerdir=/l/2:/l/1'] });
    expect(await complaint({ image: { reference: 'none' }, name: 'w' })).to.match(
      /^MountVolume.SetUp failed .* no image$/,
    );
  });

  it('measures each kind by its name', async () => {
    await setUp({ image: { reference: 'one' } });
    await complaint({ image: { reference: 'none' }, name: 'w' });
    await setUp({ downwardAPI: { items: [] }, name: 'x' });
    expect(measured).to.deep.equal([
      'kubernetes.io/image is there',
      'kubernetes.io/image fails',
      'kubernetes.io/downward-api is there',
    ]);
  });

  it('refuses what no node of ours can do, and says what is missing', async () => {
    expect(await complaint({ gitRepo: { repository: 'x' } })).to.match(/git-repo volume plugin has been disabled/);
    expect(await complaint({ csi: { driver: 'd.csi' } })).to.match(
      /^MountVolume.SetUp failed .* driver name d.csi not/,
    );
    expect(await complaint({ awsElasticBlockStore: {} })).to.match(
      /failed to get Plugin from volumeSpec for volume "v"/,
    );
  });

  it('tells once in two minutes which volumes a pod waits for', async () => {
    const pod = withVolumes([
      { name: 'b', configMap: { name: 'none' } },
      { name: 'a', secret: { secretName: 'none' } },
    ]);
    expect(await messages(pod)).to.have.length(2);
    await clock.advance(123_000);
    const all = await messages(pod);
    expect(all[2]).to.equal(
      'Unable to attach or mount volumes: unmounted volumes=[a b], unattached volumes=[], failed to process volumes=[]: ' +
        'context deadline exceeded',
    );
    expect(await messages(pod)).to.have.length(2);
  });

  it('removes nothing of a pod while something is mounted there', async () => {
    const { path } = await setUp({ emptyDir: {} });
    writeFileSync(join(path, 'x'), '');
    const busy = fakeMounter();
    const client = fakeClient();
    const watcher = { use: () => {}, forget: () => {} };
    const mounter = { ...busy, unmountAll: async () => {}, below: async () => [path] };
    const options = {
      rootDir,
      client,
      clock,
      mounter,
      watcher,
      localPaths: '/none',
      imageFiles: async () => ({ layers: [], imageRef: '' }),
      node: () => ({ name: 'n1' }),
    };
    const stuck = new VolumeManager(options);
    const said = await stuck.tearDown('uid-1').then(String, (e: Error) => e.message);
    expect(said).to.match(/is still mounted$/);
    expect(existsSync(join(path, 'x'))).to.equal(true);
    await manager.tearDown('uid-1');
    expect(await manager.knownPods()).to.deep.equal([]);
  });
});
