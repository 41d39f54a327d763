import { expect } from 'chai';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configMap } from '../../src/api/core-v1/config-map.ts';
import { event } from '../../src/api/core-v1/event.ts';
import { persistentVolumeClaim } from '../../src/api/core-v1/persistent-volume-claim.ts';
import { persistentVolume } from '../../src/api/core-v1/persistent-volume.ts';
import { pod as podKind, type Pod } from '../../src/api/core-v1/pod.ts';
import { secret } from '../../src/api/core-v1/secret.ts';
import { machineMounter } from '../../src/kubelet/volumes/mounter.ts';
import { bindSubPath } from '../../src/kubelet/volumes/sub-path.ts';
import { ensureDefaultStorageClass } from '../../src/cluster/default-storage-class.ts';
import { listMounts } from '../../src/linux/mount.ts';
import { KubeletNode, stateOf } from './kubelet-node.ts';
import { eventually, execute } from './running-cluster.ts';

/** Runs until it is told to end, and then ends at once. */
const forever = `trap 'exit 0' TERM; while :; do sleep 60 & wait $!; done`;

/** What binds a volume to a node. */
const here = (nodeName: string) => {
  const matchExpressions = [{ key: 'kubernetes.io/hostname', operator: 'In', values: [nodeName] }];
  return { required: { nodeSelectorTerms: [{ matchExpressions }] } };
};

describe('volumes', function () {
  this.timeout(60_000);

  describe('parts of volumes on this machine', () => {
    let folder: string;
    beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'cox parts-'))));
    afterEach(async () => {
      await machineMounter.unmountAll(folder);
      rmSync(folder, { recursive: true });
    });

    it('stay what they were when somebody puts a link in their place, and are mounted once', async () => {
      const [volume, target] = [join(folder, 'volume'), join(folder, 'targets/0')];
      mkdirSync(join(volume, 'part'), { recursive: true });
      writeFileSync(join(volume, 'part/file'), 'mine');
      await bindSubPath(machineMounter, volume, 'part', target);
      await bindSubPath(machineMounter, volume, 'part', target);
      expect(await machineMounter.below(folder)).to.deep.equal([target]);
      rmSync(join(volume, 'part'), { recursive: true });
      symlinkSync('/etc', join(volume, 'part'));
      expect(readdirSync(target)).not.to.include('passwd');
      const said = await bindSubPath(machineMounter, volume, 'part', target).then(String, (e: Error) => e.message);
      expect(said).to.match(/not within volume path/);
    });
  });

  describe('of pods on the Docker Engine', () => {
    let node: KubeletNode;
    before(async () => {
      node = await KubeletNode.start();
    });
    after(() => node?.stop());

    const inside = async (pod: string, ...command: string[]) =>
      (await node.kubectl(['exec', pod, '-c', 'c', '--', ...command])).stdout.trim();
    const complaints = async (pod: string) =>
      (await node.client.list(event, { namespace: 'default' })).items
        .filter((e) => e.involvedObject.name === pod && e.type === 'Warning')
        .map((e) => `${e.reason}: ${e.message}`);

    it('shows what changes within seconds, in memory if it is secret, and nobody can write it', async () => {
      const metadata = { namespace: 'default', name: 'live' };
      await node.client.create(configMap, { metadata, data: { color: 'blue' } });
      await node.client.create(secret, { metadata, data: { key: 'b25l' } });
      const volumes = [
        { name: 'map', configMap: { name: 'live' } },
        { name: 'secret', secret: { secretName: 'live', defaultMode: 0o400 } },
        { name: 'later', configMap: { name: 'later', optional: true } },
        { name: 'pod', downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
      ];
      const volumeMounts = volumes.map(({ name }) => ({ name, mountPath: `/${name}` }));
      await node.run('live', forever, { volumes, securityContext: { fsGroup: 1234 } }, { volumeMounts });
      await node.until('live', (p) => stateOf(p) === 'running');
      expect(await inside('live', 'sh', '-c', 'cat /map/color /secret/key')).to.equal('blueone');
      expect(await inside('live', 'stat', '-L', '-c', '%a %g', '/secret/key')).to.equal('440 1234');
      expect(await inside('live', 'sh', '-c', 'echo x > /map/color || echo refused')).to.equal('refused');
      const mounts = await listMounts();
      expect(mounts.find(({ target }) => target.endsWith('kubernetes.io~secret/secret'))?.type).to.equal('tmpfs');
      await node.client.patch(configMap, metadata, 'merge', { data: { color: 'red' } });
      await node.client.patch(secret, metadata, 'merge', { data: { key: 'dHdv' } });
      await node.client.create(configMap, { metadata: { ...metadata, name: 'later' }, data: { here: 'yes' } });
      await node.client.patch(podKind, metadata, 'merge', { metadata: { labels: { told: 'at-once' } } });
      const wanted = 'redtwoyestold="at-once"';
      const script = 'cat /map/color /secret/key /later/here /pod/labels 2>/dev/null';
      await eventually('all of it is told', async () =>
        (await inside('live', 'sh', '-c', script)) === wanted ? true : undefined,
      );
      await node.client.delete(podKind, metadata, { gracePeriodSeconds: 0 });
      await node.untilGone('live');
    });

    it('waits for a claim, mounts parts of it, keeps what is in it, and leaves nothing of its own', async () => {
      const path = join(node.folder, 'disk');
      mkdirSync(path);
      const metadata = { namespace: 'default', name: 'disk' };
      const resources = { requests: { storage: '1Mi' } };
      const accessModes = ['ReadWriteOnce'];
      await node.client.create(persistentVolumeClaim, {
        metadata,
        spec: { accessModes, resources, storageClassName: 'by-hand' },
      });
      const volumes = [
        { name: 'data', persistentVolumeClaim: { claimName: 'disk' } },
        { name: 'scratch', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } },
      ];
      const volumeMounts = [
        { name: 'data', mountPath: '/data', subPathExpr: 'of/$(POD)' },
        { name: 'data', mountPath: '/whole', readOnly: true },
        { name: 'scratch', mountPath: '/scratch' },
      ];
      const env = [{ name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }];
      await node.run(
        'disk',
        `echo kept > /data/file; ${forever}`,
        { volumes, nodeName: node.nodeName },
        { volumeMounts, env },
      );
      const unbound =
        /^FailedMount: Unable to attach or mount volumes: .*error processing PVC default\/disk: PVC is not bound/;
      await eventually('the pod says what it waits for', async () =>
        (await complaints('disk')).some((text) => unbound.test(text)) ? true : undefined,
      );
      await node.client.create(persistentVolume, {
        metadata: { name: 'disk' },
        spec: {
          ...{ capacity: { storage: '1Mi' }, accessModes, storageClassName: 'by-hand', local: { path } },
          nodeAffinity: here(node.nodeName),
        },
      });
      const pod: Pod = await node.until('disk', (p) => stateOf(p) === 'running', 40);
      expect(await inside('disk', 'cat', '/whole/of/disk/file')).to.equal('kept');
      const size = "df -k /scratch | tail -1 | tr -s ' ' | cut -d ' ' -f 2";
      expect(await inside('disk', 'sh', '-c', size)).to.equal('1024');
      await node.kubelet.stop();
      await node.startKubelet(); // a new one knows nothing of what the first has mounted
      await node.client.delete(podKind, metadata, { gracePeriodSeconds: 1 });
      await node.untilGone('disk');
      const folder = join(node.rootDir, 'pods', pod.metadata.uid);
      await eventually('the folder is gone', async () => (existsSync(folder) ? undefined : true));
      expect((await listMounts()).filter(({ target }) => target.startsWith(folder))).to.deep.equal([]);
      expect(readFileSync(join(path, 'of/disk/file'), 'utf8')).to.equal('kept\n');
    });

    it('gives a container the device of a block volume', async () => {
      const path = join(node.folder, 'device');
      const made = await execute('mknod', [path, 'b', '7', '0']); // the first loop device: nobody has to open it
      expect(made.code, made.stderr).to.equal(0);
      const metadata = { namespace: 'default', name: 'block' };
      const common = { accessModes: ['ReadWriteOnce'], volumeMode: 'Block', storageClassName: 'blocks' };
      const requests = { storage: '1Mi' };
      await node.client.create(persistentVolume, {
        metadata: { name: 'block' },
        spec: { ...common, capacity: requests, local: { path }, nodeAffinity: here(node.nodeName) },
      });
      await node.client.create(persistentVolumeClaim, { metadata, spec: { ...common, resources: { requests } } });
      const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'block' } }];
      const spec = { volumes, nodeName: node.nodeName, restartPolicy: 'Never' };
      const volumeDevices = [{ name: 'data', devicePath: '/dev/data' }];
      await node.run('block', 'test -b /dev/data', spec, { volumeDevices });
      await node.until('block', (pod) => pod.status?.phase === 'Succeeded', 40);
    });

    it('makes a folder for a claim of a class of folders, shows the files of an image, and removes the folder', async () => {
      const path = join(node.rootDir, 'volumes');
      const metadata = { namespace: 'default', name: 'folder' };
      await ensureDefaultStorageClass(node.client, path);
      await node.client.create(persistentVolumeClaim, {
        metadata,
        spec: {
          accessModes: ['ReadWriteOnce'],
          resources: { requests: { storage: '1Mi' } },
          storageClassName: 'standard',
        },
      });
      const volumes = [
        { name: 'data', persistentVolumeClaim: { claimName: 'folder' } },
        { name: 'image', image: { reference: 'coxswain/hello:1', pullPolicy: 'IfNotPresent' } },
      ];
      const volumeMounts = volumes.map(({ name }) => ({ name, mountPath: `/${name}` }));
      await node.run('folder', `echo here > /data/file; ${forever}`, { volumes }, { volumeMounts });
      await node.until('folder', (p) => stateOf(p) === 'running');
      expect(await inside('folder', 'sh', '-c', 'test -x /image/bin/sh && touch /image/x || echo refused')).to.match(
        /refused$/,
      );
      const [made = ''] = readdirSync(path);
      expect(readFileSync(join(path, made, 'file'), 'utf8')).to.equal('here\n');
      await node.client.delete(podKind, metadata, { gracePeriodSeconds: 1 });
      await node.untilGone('folder');
      await node.client.delete(persistentVolumeClaim, metadata);
      await eventually('volume and folder are gone', async () =>
        readdirSync(path).length === 0 &&
        (await node.client.list(persistentVolume)).items.every((pv) => !pv.spec?.local?.path.startsWith(path))
          ? true
          : undefined,
      );
    });
  });
});
