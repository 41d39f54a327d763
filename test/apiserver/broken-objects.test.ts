import { expect } from 'chai';
import { collectionOf, kindOf, samples } from './samples.ts';
import { TestServer } from './test-server.ts';

type Path = (string | number)[];

const affinity = {
  preferredDuringSchedulingIgnoredDuringExecution: [
    { weight: 1, podAffinityTerm: { labelSelector: {}, topologyKey: 'a' } },
  ],
  requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector: { matchLabels: { a: 'b' } }, topologyKey: 'a' }],
};
const nodeSelectorTerms = [{ matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }] }];
const probe = { httpGet: { path: '/', port: 80, httpHeaders: [{ name: 'A', value: 'b' }] } };

/** A pod with much of what may stand in one. */
const largePod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'large' },
  spec: {
    affinity: {
      podAffinity: affinity,
      podAntiAffinity: affinity,
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms },
        preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference: nodeSelectorTerms[0] }],
      },
    },
    tolerations: [{ key: 'a', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 1 }],
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: 'a', whenUnsatisfiable: 'DoNotSchedule', labelSelector: {} },
    ],
    dnsConfig: { nameservers: ['1.2.3.4'], options: [{ name: 'a', value: 'b' }] },
    hostAliases: [{ ip: '1.2.3.4', hostnames: ['a'] }],
    securityContext: { sysctls: [{ name: 'a.b', value: '1' }], seccompProfile: { type: 'RuntimeDefault' } },
    volumes: [
      { name: 'a', projected: { sources: [{ secret: { name: 's', items: [{ key: 'k', path: 'p' }] } }] } },
      { name: 'b', downwardAPI: { items: [{ path: 'p', fieldRef: { fieldPath: 'metadata.name' } }] } },
      {
        name: 'c',
        ephemeral: {
          volumeClaimTemplate: { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1' } } } },
        },
      },
      { name: 'd', configMap: { name: 'c', items: [{ key: 'k', path: 'p' }] } },
    ],
    containers: [
      {
        name: 'c',
        image: 'i',
        ports: [{ name: 'h', containerPort: 80, hostPort: 80 }],
        env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }],
        envFrom: [{ configMapRef: { name: 'c' } }],
        resources: { limits: { cpu: '1', 'a.b/c': '1' }, requests: { cpu: '1', 'a.b/c': '1' } },
        volumeMounts: [{ name: 'a', mountPath: '/a', subPath: 'b' }],
        livenessProbe: probe,
        lifecycle: { postStart: { exec: { command: ['a'] } } },
        securityContext: { capabilities: { add: ['A'] }, runAsUser: 1 },
      },
    ],
  },
};

/** Every place below the top of an object. */
function placesOf(value: unknown, at: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [];
  const entries = Object.entries(value).filter(
    ([name]) => at.length > 0 || !['apiVersion', 'kind', 'metadata'].includes(name),
  );
  return entries.flatMap(([name, child]) => [[...at, name], ...placesOf(child, [...at, name])]);
}

/** A copy that has something else at a place, or nothing. */
function broken(object: any, place: Path, value: unknown): any {
  const copy = structuredClone(object);
  const parent = place.slice(0, -1).reduce((at, name) => at[name], copy);
  const last = place.at(-1)!;
  if (value !== undefined) parent[last] = value;
  else if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else delete parent[last];
  return copy;
}

/** Mutation comes before validation, so it meets objects of any shape. */
describe('objects in which something is missing, or something else', () => {
  let api: TestServer;
  before(async () => {
    api = new TestServer();
    await api.server.start();
  });
  after(() => api.close());

  for (const sample of [...samples(), largePod]) {
    it(`never are a fault of the server's: ${sample.metadata.name}, ${sample.kind} of ${sample.apiVersion}`, async () => {
      const collection = collectionOf(kindOf(sample));
      const faults: string[] = [];
      for (const place of placesOf(sample)) {
        for (const value of [undefined, null, {}, [null], '']) {
          const { status } = await api.post(`${collection}?dryRun=All`, broken(sample, place, value));
          if (status >= 500) faults.push(`${place.join('.')} = ${JSON.stringify(value)}: ${status}`);
        }
      }
      expect(faults).to.deep.equal([]);
    });
  }
});
