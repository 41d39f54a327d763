import { expect } from 'chai';
import { deployment } from '../../../src/api/apps-v1/deployment.ts';
import { configMap } from '../../../src/api/core-v1/config-map.ts';
import { event } from '../../../src/api/core-v1/event.ts';
import { namespace } from '../../../src/api/core-v1/namespace.ts';
import { persistentVolumeClaim } from '../../../src/api/core-v1/persistent-volume-claim.ts';
import { pod } from '../../../src/api/core-v1/pod.ts';
import { coveredResources, isCounted, isInScopes, quotaChange, quotaUse } from '../../../src/api/core-v1/quota.ts';
import { service } from '../../../src/api/core-v1/service.ts';
import { resourceClaim } from '../../../src/api/resource-v1/resource-claim.ts';
import { filterAmounts, quantitiesOf } from '../../../src/apimachinery/amounts.ts';
import type { Kind } from '../../../src/apimachinery/kind.ts';

const now = Date.UTC(2026, 0, 1);
const use = (kind: Kind<any>, object: object): Record<string, string> => {
  const amounts = quotaUse(kind, { metadata: { name: 'a' }, ...object } as never, now);
  return quantitiesOf(filterAmounts(amounts, (name, { nanos }) => nanos !== 0n && !name.startsWith('count/')));
};
const container = (requests?: object, limits?: object, rest = {}) => ({
  name: 'c',
  resources: { requests, limits },
  ...rest,
});
const podUse = (spec: object, rest: object = {}) => use(pod, { spec, ...rest });

describe('what objects use of quotas', () => {
  it('counts every kind in a namespace by its name, and some by their plain plural too', () => {
    expect(coveredResources(deployment, ['count/deployments.apps', 'deployments', 'count/deployments'])).to.deep.equal([
      'count/deployments.apps',
    ]);
    expect(coveredResources(configMap, ['configmaps', 'count/configmaps', 'secrets'])).to.deep.equal([
      'configmaps',
      'count/configmaps',
    ]);
    expect(
      [deployment, configMap, pod, event, namespace].map((kind) => isCounted(kind as unknown as Kind)),
    ).to.deep.equal([true, true, true, false, false]);
  });

  it('knows which resources pods use', () => {
    const theirs = [
      'pods',
      'count/pods',
      'cpu',
      'requests.cpu',
      'limits.memory',
      'requests.ephemeral-storage',
      'hugepages-2Mi',
      'requests.hugepages-1Gi',
      'requests.example.com/gpu',
    ];
    const others = [
      'services',
      'requests.storage',
      'limits.example.com/gpu',
      'requests.kubernetes.io/x',
      'requests.foo',
    ];
    expect(coveredResources(pod, [...theirs, ...others])).to.deep.equal(theirs);
  });

  const pods: [what: string, used: Record<string, string>, expected: Record<string, string>][] = [
    ['that ask for nothing', podUse({ containers: [container()] }), { pods: '1' }],
    [
      'by requests and limits under all their names',
      podUse({ containers: [container({ cpu: '100m', 'example.com/gpu': '2' }, { memory: '1Gi' })] }),
      { pods: '1', cpu: '100m', 'requests.cpu': '100m', 'requests.example.com/gpu': '2', 'limits.memory': '1Gi' },
    ],
    [
      'with huge pages',
      podUse({ containers: [container({ 'hugepages-2Mi': '4Mi' })] }),
      { pods: '1', 'hugepages-2Mi': '4Mi', 'requests.hugepages-2Mi': '4Mi' },
    ],
    [
      'by the sum of containers or the peak of init containers, with sidecars and overhead',
      podUse({
        containers: [container({ cpu: '1', memory: '1Gi' }), container({ cpu: '1' })],
        initContainers: [
          container({ cpu: '500m' }, undefined, { restartPolicy: 'Always' }),
          container({ cpu: '3', memory: '512Mi' }),
        ],
        overhead: { cpu: '100m' },
      }),
      { pods: '1', cpu: '3600m', 'requests.cpu': '3600m', memory: '1Gi', 'requests.memory': '1Gi' },
    ],
    [
      'by what is said of the pod as a whole',
      podUse({ containers: [container({ cpu: '1' })], resources: { requests: { cpu: '3' } } }),
      { pods: '1', cpu: '3', 'requests.cpu': '3' },
    ],
    [
      'by what a container still has while it is made smaller',
      podUse(
        { containers: [container({ cpu: '1' })] },
        { status: { containerStatuses: [{ name: 'c', allocatedResources: { cpu: '2' } }] } },
      ),
      { pods: '1', cpu: '2', 'requests.cpu': '2' },
    ],
    [
      'not when they have ended',
      podUse({ containers: [container({ cpu: '1' })] }, { status: { phase: 'Failed' } }),
      {},
    ],
    [
      'as long as they have time to go',
      podUse(
        { containers: [] },
        { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 1 } },
      ),
      { pods: '1' },
    ],
    [
      'not when they should long have gone',
      podUse(
        { containers: [] },
        { metadata: { deletionTimestamp: '2025-12-31T00:00:00Z', deletionGracePeriodSeconds: 1 } },
      ),
      {},
    ],
  ];
  for (const [what, used, expected] of pods) it(`counts pods ${what}`, () => expect(used).to.deep.equal(expected));

  it('counts pods that have ended as objects', () => {
    const ended = quotaUse(pod, { metadata: {}, spec: {}, status: { phase: 'Failed' } } as never, now);
    expect(quantitiesOf(ended)).to.deep.equal({ 'count/pods': '1' });
  });

  const ports = [{ port: 1 }, { port: 2, nodePort: 30000 }];
  const services: [spec: object, nodePorts: string | undefined, loadBalancers: string | undefined][] = [
    [{ type: 'ClusterIP', ports }, undefined, undefined],
    [{ type: 'NodePort', ports }, '2', undefined],
    [{ type: 'LoadBalancer', ports }, '2', '1'],
    [{ type: 'LoadBalancer', ports, allocateLoadBalancerNodePorts: false }, '1', '1'],
    [{ type: 'ExternalName' }, undefined, undefined],
  ];
  for (const [spec, nodePorts, loadBalancers] of services) {
    it(`counts the ports of services: ${JSON.stringify(spec)}`, () => {
      const used = use(service, { spec });
      expect(used['services']).to.equal('1');
      expect(used['services.nodeports']).to.equal(nodePorts);
      expect(used['services.loadbalancers']).to.equal(loadBalancers);
    });
  }

  it('counts storage in whole bytes, in all and by class, and what a claim has already', () => {
    const spec = { storageClassName: 'gold', resources: { requests: { storage: '1.5' } } };
    const gold = 'gold.storageclass.storage.k8s.io/';
    expect(use(persistentVolumeClaim, { spec })).to.deep.equal({
      persistentvolumeclaims: '1',
      'requests.storage': '2',
      [`${gold}persistentvolumeclaims`]: '1',
      [`${gold}requests.storage`]: '2',
    });
    const status = { allocatedResources: { storage: '3Gi' } };
    expect(use(persistentVolumeClaim, { spec, status })['requests.storage']).to.equal('3Gi');
    const names = [`${gold}requests.storage`, 'requests.storage', 'requests.cpu', 'gold/requests.storage'];
    expect(coveredResources(persistentVolumeClaim, names)).to.deep.equal(names.slice(0, 2));
  });

  it('counts devices by class', () => {
    const requests = [
      { name: 'a', exactly: { deviceClassName: 'gpu', count: 2 } },
      { name: 'b', exactly: { deviceClassName: 'gpu' } },
      {
        name: 'c',
        firstAvailable: [
          { deviceClassName: 'gpu', count: 1 },
          { deviceClassName: 'nic', count: 4 },
        ],
      },
      { name: 'd', exactly: { deviceClassName: 'fpga', allocationMode: 'All' } },
    ];
    expect(use(resourceClaim, { spec: { devices: { requests } } })).to.deep.equal({
      'gpu.deviceclass.resource.k8s.io/devices': '4',
      'nic.deviceclass.resource.k8s.io/devices': '4',
      'fpga.deviceclass.resource.k8s.io/devices': '32',
    });
  });

  const elsewhere = { topologyKey: 'x', namespaces: ['other'] };
  const plain = { spec: { containers: [container()] } };
  const matching = (operator: string, ...values: string[]) => ({
    scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator, values }] },
  });
  const high = { spec: { ...plain.spec, priorityClassName: 'high' } };
  const scopes: [spec: object, object: object, is: boolean][] = [
    [{}, plain, true],
    [{ scopes: ['BestEffort'] }, plain, true],
    [{ scopes: ['NotBestEffort'] }, plain, false],
    [{ scopes: ['NotBestEffort'] }, { spec: { containers: [container({ cpu: '1' })] } }, true],
    [{ scopes: ['Terminating'] }, plain, false],
    [{ scopes: ['NotTerminating'] }, plain, true],
    [{ scopes: ['Terminating'] }, { spec: { ...plain.spec, activeDeadlineSeconds: 5 } }, true],
    [{ scopes: ['BestEffort', 'Terminating'] }, plain, false],
    [{ scopes: ['PriorityClass'] }, plain, false],
    [{ scopes: ['PriorityClass'] }, high, true],
    [matching('In', 'high', 'x'), high, true],
    [matching('In', 'x'), high, false],
    [matching('In', 'high'), plain, false],
    [matching('NotIn', 'high'), high, false],
    [matching('NotIn', 'high'), plain, true],
    [matching('Exists'), high, true],
    [matching('DoesNotExist'), high, false],
    [matching('DoesNotExist'), plain, true],
    [{ scopes: ['CrossNamespacePodAffinity'] }, plain, false],
    [
      { scopes: ['CrossNamespacePodAffinity'] },
      { spec: { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [elsewhere] } } } },
      true,
    ],
    [
      { scopes: ['CrossNamespacePodAffinity'] },
      {
        spec: {
          affinity: {
            podAntiAffinity: {
              preferredDuringSchedulingIgnoredDuringExecution: [
                { weight: 1, podAffinityTerm: { topologyKey: 'x', namespaceSelector: {} } },
              ],
            },
          },
        },
      },
      true,
    ],
    [{ scopes: ['VolumeAttributesClass'] }, plain, false],
  ];
  for (const [spec, object, is] of scopes) {
    it(`${is ? 'takes' : 'does not take'} ${JSON.stringify((object as any).spec)} into ${JSON.stringify(spec)}`, () => {
      expect(isInScopes({ spec } as never, pod, object as never)).to.equal(is);
    });
  }

  it('takes claims into scopes of their attributes class, and nothing else into any scope', () => {
    const scope = { scopes: ['VolumeAttributesClass'] };
    const isIn = (kind: Kind<any>, object: object) =>
      isInScopes({ spec: scope } as never, kind as Kind, object as never);
    expect(isIn(persistentVolumeClaim, { spec: { volumeAttributesClassName: 'fast' } })).to.equal(true);
    expect(isIn(persistentVolumeClaim, { spec: {} })).to.equal(false);
    expect(isIn(configMap, {})).to.equal(false);
  });

  const counted = (hard: Record<string, string>, spec: object = {}) =>
    ({ metadata: {}, spec, status: { hard } }) as never;
  const inPods = { pods: '5', 'requests.cpu': '5' };
  const sized = (cpu: string, more: object = {}) => ({
    metadata: {},
    spec: { containers: [container({ cpu })], ...more },
  });
  const short = { activeDeadlineSeconds: 5 };
  const changes: [
    what: string,
    quota: never,
    old: object,
    next: object | undefined,
    expected: Record<string, string>,
  ][] = [
    ['that is gone', counted(inPods), sized('1'), undefined, { pods: '-1', 'requests.cpu': '-1' }],
    ['that needs less', counted(inPods), sized('3'), sized('1'), { 'requests.cpu': '-2' }],
    ['that needs more, which was charged', counted(inPods), sized('1'), sized('3'), {}],
    ['that is not counted', counted({ configmaps: '1' }), sized('1'), undefined, {}],
    [
      'that comes into the scopes',
      counted(inPods, { scopes: ['Terminating'] }),
      sized('1'),
      sized('1', short),
      { pods: '1', 'requests.cpu': '1' },
    ],
    [
      'that leaves the scopes',
      counted(inPods, { scopes: ['NotTerminating'] }),
      sized('1'),
      sized('1', short),
      { pods: '-1', 'requests.cpu': '-1' },
    ],
    ['of other scopes', counted(inPods, { scopes: ['Terminating'] }), sized('1'), undefined, {}],
  ];
  for (const [what, quota, old, next, expected] of changes) {
    it(`books the change of an object ${what}`, () => {
      expect(quantitiesOf(quotaChange(quota, pod, old as never, next as never, now))).to.deep.equal(expected);
    });
  }
});
