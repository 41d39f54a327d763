import { expect } from 'chai';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PersistentVolume } from '../../../src/api/core-v1/persistent-volume.ts';
import { noLog } from '../../../src/base/log.ts';
import type { Client } from '../../../src/client/client.ts';
import type { Informer, Listener } from '../../../src/client/informer.ts';
import { LocalPathCleaner } from '../../../src/kubelet/volumes/local-path-cleaner.ts';

describe('LocalPathCleaner', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'cox-cleaner-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const volume = (name: string, phase: string): PersistentVolume => {
    mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, name, 'file'), 'x');
    const values = ['n1'];
    return {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: {
        ...{ name, uid: `uid-of-${name}`, resourceVersion: '1', creationTimestamp: '' },
        annotations: { 'pv.kubernetes.io/provisioned-by': 'coxswain.dev/local-path' },
      },
      spec: {
        local: { path: join(folder, name) },
        persistentVolumeReclaimPolicy: 'Delete',
        nodeAffinity: {
          required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'host', operator: 'In', values }] }] },
        },
      },
      status: { phase },
    };
  };

  it('removes the folder, then the volume, and tries again when that fails', async () => {
    const volumes = [volume('bound', 'Bound'), volume('released', 'Released')];
    let deletions: string[] = [];
    let answer: () => Promise<void> = () => Promise.reject(new Error('the server is away'));
    let called = Promise.withResolvers<void>();
    const client = {
      delete: async (_: unknown, { name }: { name: string }, { preconditions }: any) => {
        deletions.push(`${name} ${preconditions.uid} ${existsSync(join(folder, name))}`);
        called.resolve();
        return answer();
      },
    } as unknown as Client;
    const informer = {
      list: () => volumes,
      listen: (listener: Listener<PersistentVolume>) => volumes.forEach((one) => listener.added?.(one)),
    } as unknown as Informer<PersistentVolume>;
    const node = () => ({ name: 'n1', labels: { host: 'n1' } });
    const cleaner = new LocalPathCleaner({ client, log: noLog, volumes: informer, node, folder });
    await called.promise;
    await new Promise(setImmediate);
    expect(deletions).to.deep.equal(['released uid-of-released false']);
    deletions = [];
    called = Promise.withResolvers();
    answer = () => Promise.resolve();
    cleaner.retry();
    await called.promise;
    expect(deletions).to.deep.equal(['released uid-of-released false']);
    expect(existsSync(join(folder, 'bound/file'))).to.equal(true);
  });
});
