import { expect } from 'chai';
import type { Node } from '../../../src/api/core-v1/node.ts';
import type { Pod } from '../../../src/api/core-v1/pod.ts';
import { refusalOf, type AdmittingNode } from '../../../src/kubelet/admission/admission.ts';
import { somePod } from '../pods.ts';

const node = (change: object = {}) =>
  ({
    metadata: { name: 'n1', labels: { disk: 'ssd' } },
    status: { allocatable: { cpu: '1', memory: '1Gi', pods: '3', 'example.com/gpu': '1' } },
    ...change,
  }) as unknown as Node;

const here: AdmittingNode = {
  node: node(),
  ...{ pressures: [], appArmor: false, allowedUnsafeSysctls: ['net.core.*'], shuttingDown: false },
};

const asking = (requests: object, spec: object = {}) =>
  somePod({ containers: [{ name: 'app', resources: { requests } }], ...spec });
const sysctl = (name: string, spec: object = {}) =>
  somePod({ securityContext: { sysctls: [{ name, value: '1' }] }, ...spec });
const tainted = node({ spec: { taints: [{ key: 'k', value: 'v', effect: 'NoExecute' }] } });
const isStatic = { annotations: { 'kubernetes.io/config.source': 'file' } };
const beside = [asking({ cpu: '600m', 'example.com/gpu': '1' }), asking({})];

describe('refusalOf', () => {
  const cases: [string, Pod, Partial<AdmittingNode>, string | undefined, string?][] = [
    ['what fits', asking({ cpu: '400m', memory: '1Gi' }), {}, undefined],
    ['too much cpu', asking({ cpu: '401m' }), {}, 'OutOfcpu', 'requested: 401, used: 600, capacity: 1000'],
    ['too much memory', asking({ memory: '2Gi' }), {}, 'OutOfmemory', 'requested: 2147483648, used: 0, capacity: 107'],
    ['overhead too', asking({ cpu: '300m' }, { overhead: { cpu: '200m' } }), {}, 'OutOfcpu'],
    ['a device too many', asking({ 'example.com/gpu': '1' }), {}, 'OutOfexample.com/gpu'],
    ['a device that nobody offers yet', asking({ 'example.com/fpga': '1' }), {}, undefined],
    [
      'a pod too many',
      asking({}),
      { node: node({ status: { allocatable: { pods: '2' } } }) },
      'OutOfpods',
      'requested: 1, used: 2, capacity: 2',
    ],
    ['labels that match', somePod({ nodeSelector: { disk: 'ssd' } }), {}, undefined],
    ['labels that do not', somePod({ nodeSelector: { disk: 'hdd' } }), {}, 'NodeAffinity'],
    ['labels that do not, from a file', somePod({ nodeSelector: { disk: 'hdd' } }, {}, isStatic), {}, undefined],
    ['a taint', somePod(), { node: tainted }, 'TaintToleration'],
    ['a taint that it tolerates', somePod({ tolerations: [{ operator: 'Exists' }] }), { node: tainted }, undefined],
    ['a safe sysctl', sysctl('kernel.shm_rmid_forced'), {}, undefined],
    ['a safe sysctl with slashes', sysctl('kernel/shm_rmid_forced'), {}, undefined],
    ['an unsafe sysctl', sysctl('kernel.msgmax'), {}, 'SysctlForbidden', '"kernel.msgmax" not allowlisted'],
    ['an unsafe sysctl that is allowed', sysctl('net.core.somaxconn'), {}, undefined],
    ['a sysctl of the host', sysctl('net.ipv4.tcp_syncookies', { hostNetwork: true }), {}, 'SysctlForbidden'],
    ['another system', somePod({ os: { name: 'windows' } }), {}, 'PodOSNotSupported'],
    [
      'strict groups',
      somePod({ securityContext: { supplementalGroupsPolicy: 'Strict' } }),
      {},
      'SupplementalGroupsPolicyNotSupported',
    ],
    ['AppArmor', somePod({ securityContext: { appArmorProfile: { type: 'RuntimeDefault' } } }), {}, 'AppArmor'],
    ['no AppArmor', somePod({ securityContext: { appArmorProfile: { type: 'Unconfined' } } }), {}, undefined],
    ['little memory, nothing asked', somePod(), { pressures: ['MemoryPressure'] }, 'Evicted', '[MemoryPressure]'],
    ['little memory, some asked', asking({ cpu: '1m' }), { pressures: ['MemoryPressure'] }, undefined],
    ['little disk', asking({ cpu: '1m' }), { pressures: ['DiskPressure'] }, 'Evicted'],
    ['little disk, but critical', somePod({ priority: 2e9 }), { pressures: ['DiskPressure'] }, undefined],
    ['the end', somePod(), { shuttingDown: true }, 'NodeShutdown'],
    ['a node that is not known', asking({ cpu: '9' }), { node: undefined }, undefined],
  ];
  for (const [title, pod, change, reason, message = ''] of cases) {
    it(title, () => {
      const found = refusalOf(pod, { ...here, ...change }, () => beside);
      expect(found?.reason).to.equal(reason);
      expect(found?.message ?? '').to.contain(message);
    });
  }
});
