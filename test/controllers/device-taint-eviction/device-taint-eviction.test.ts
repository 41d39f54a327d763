import { expect } from 'chai';
import { pod } from '../../../src/api/core-v1/pod.ts';
import { resourceClaim } from '../../../src/api/resource-v1/resource-claim.ts';
import { resourceSlice } from '../../../src/api/resource-v1/resource-slice.ts';
import { deviceTaintRule } from '../../../src/api/resource-v1beta2/device-taint-rule.ts';
import type { Client } from '../../../src/client/client.ts';
import { leavesAt } from '../../../src/controllers/device-taint-eviction/plan.ts';
import { crashTest } from '../crash-test.ts';
import { template } from '../objects.ts';

const driver = 'gpu.example.com';
const device = { request: 'r', driver, pool: 'p', device: 'a' };
const exists = (more: object = {}) => ({ key: 'k', operator: 'Exists', ...more });

describe('device taint eviction controller: when a device has to be left', () => {
  const timeAdded = '2026-01-01T00:00:00Z';
  const taint = { key: 'k', effect: 'NoExecute', timeAdded };
  const from = Date.parse(timeAdded);
  const cases: [string, object[], object[], number | undefined][] = [
    ['at once when the taint is not tolerated', [taint], [], 0],
    ['never without taints', [], [], undefined],
    [
      'never for taints of other effects',
      [
        { ...taint, effect: 'NoSchedule' },
        { ...taint, effect: 'None' },
      ],
      [],
      undefined,
    ],
    ['never when it is tolerated', [taint], [exists()], undefined],
    ['after the time that it is tolerated', [taint], [exists({ tolerationSeconds: 60 })], from + 60_000],
    ['after the shortest', [taint], [exists({ tolerationSeconds: 60 }), exists({ tolerationSeconds: 9 })], from + 9000],
    ['by the worst of several taints', [taint, { ...taint, key: 'other' }], [exists()], 0],
  ];
  for (const [what, taints, tolerations, at] of cases) {
    it(what, () => expect(leavesAt({ ...device, tolerations }, taints)).to.equal(at));
  }
});

it('device taint eviction controller: pods leave tainted devices, whenever it crashes', () => {
  const claim = async (client: Client, name: string, tolerations: object[]) => {
    const made = await client.create(pod, {
      metadata: { namespace: 'default', name },
      spec: { ...template().spec, nodeName: 'n1', resourceClaims: [{ name: 'c', resourceClaimName: name }] },
    });
    const devices = { requests: [{ name: 'r', exactly: { deviceClassName: 'gpu' } }] };
    const created = await client.create(resourceClaim, { metadata: { namespace: 'default', name }, spec: { devices } });
    const results = [{ ...device, device: name, tolerations }];
    const reservedFor = [{ resource: 'pods', name, uid: made.metadata.uid }];
    await client.updateStatus(resourceClaim, {
      ...created,
      status: { allocation: { devices: { results } }, reservedFor },
    });
  };
  return crashTest({
    name: 'tainted devices',
    controllers: ['device-taint-eviction-controller'],
    setUp: async (client) => {
      const names = ['broken', 'ruled', 'patient', 'fine'];
      await client.create(resourceSlice, {
        metadata: { name: 's' },
        spec: {
          ...{ driver, nodeName: 'n1', pool: { name: 'p', generation: 1, resourceSliceCount: 1 } },
          devices: names.map((name) => ({
            name,
            ...(/broken|patient/.test(name) && { taints: [{ key: 'k', effect: 'NoExecute' }] }),
          })),
        },
      });
      for (const name of names)
        await claim(client, name, name === 'patient' ? [exists({ tolerationSeconds: 3600 })] : []);
    },
    act: [
      (client) =>
        client.create(deviceTaintRule, {
          metadata: { name: 'rule' },
          spec: { deviceSelector: { driver, device: 'ruled' }, taint: { key: 'x', effect: 'NoExecute' } },
        }),
    ],
    kinds: [pod],
    quiet: 3000,
    check: ([pods]) => expect(pods!.map(({ metadata }) => metadata.name)).to.have.members(['patient', 'fine']),
  });
});
