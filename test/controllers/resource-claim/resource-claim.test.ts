import { expect } from 'chai';
import { pod } from '../../../src/api/core-v1/pod.ts';
import { resourceClaim, type ResourceClaim } from '../../../src/api/resource-v1/resource-claim.ts';
import { resourceClaimTemplate } from '../../../src/api/resource-v1/resource-claim-template.ts';
import { planClaim } from '../../../src/controllers/resource-claim/claims.ts';
import { crashTest } from '../crash-test.ts';
import { template } from '../objects.ts';

const finalizers = ['resource.kubernetes.io/delete-protection'];
const user = (name: string) => ({ resource: 'pods', name, uid: name });

describe('resource claim controller: plan', () => {
  const allocation = { devices: { results: [] } };
  const claim = (status: object, metadata: object = {}) =>
    ({ metadata: { name: 'c', finalizers, ...metadata }, status, spec: {} }) as unknown as ResourceClaim;
  const both = { allocation, reservedFor: [user('a'), user('b')] };
  const nothing = { unprotect: false, remove: false };
  const going = { deletionTimestamp: '2026-01-01T00:00:00Z' };

  it('leaves a claim alone whose users all live', () =>
    expect(planClaim(claim(both), both.reservedFor, false)).to.deep.equal(nothing));

  it('takes off who has gone', () =>
    expect(planClaim(claim(both), [user('b')], false)).to.deep.equal({
      ...nothing,
      status: { allocation, reservedFor: [user('b')] },
    }));

  it('gives the devices back after the last', () =>
    expect(planClaim(claim(both), [], false)).to.deep.equal({ status: {}, unprotect: true, remove: false }));

  it('leaves devices that nobody uses yet', () =>
    expect(planClaim(claim({ allocation }), [], false)).to.deep.equal(nothing));

  it('gives them back when the claim is to go', () =>
    expect(planClaim(claim({ allocation }, going), [], false)).to.deep.equal({
      ...{ status: {}, unprotect: true, remove: false },
    }));

  it('lets a claim go that has none, and does not before its users have gone', () => {
    expect(planClaim(claim({}, going), [], false)).to.deep.equal({ ...nothing, unprotect: true });
    expect(planClaim(claim(both, going), both.reservedFor, false)).to.deep.equal(nothing);
  });

  it('removes what was made for a pod that will not run', () => {
    expect(planClaim(claim({}, { finalizers: [] }), [], true)).to.deep.equal({ ...nothing, remove: true });
    expect(planClaim(claim({}, { finalizers: [], ...going }), [], true)).to.deep.equal(nothing);
  });
});

it('resource claim controller: an end after any crash', () =>
  crashTest({
    name: 'claims of a pod',
    controllers: ['resourceclaim-controller', 'garbage-collector-controller'],
    setUp: async (client) => {
      const devices = { requests: [{ name: 'r', exactly: { deviceClassName: 'gpu' } }] };
      const metadata = { namespace: 'default', name: 'one' };
      await client.create(resourceClaimTemplate, { metadata, spec: { spec: { devices } } });
      const two = ['x', 'y'].map((name) => ({ name, resourceClaimTemplateName: 'one' }));
      for (const name of ['stays', 'goes']) {
        await client.create(pod, {
          metadata: { namespace: 'default', name },
          spec: { ...template().spec, resourceClaims: two },
        });
      }
    },
    act: [
      async (client) => {
        // What the scheduler does.
        const { items } = await client.list(resourceClaim);
        for (const claim of items) {
          const [owner] = claim.metadata.ownerReferences!;
          const kept = await client.update(resourceClaim, { ...claim, metadata: { ...claim.metadata, finalizers } });
          const results = [
            { request: 'r', driver: 'd.example.com', pool: 'p', device: claim.metadata.uid.slice(0, 8) },
          ];
          const status = {
            allocation: { devices: { results } },
            reservedFor: [{ ...user(owner!.name), uid: owner!.uid }],
          };
          await client.updateStatus(resourceClaim, { ...kept, status });
        }
      },
      (client) => client.delete(pod, { namespace: 'default', name: 'goes' }),
    ],
    kinds: [pod, resourceClaim],
    ignore: ['status.allocation.devices.results.device', 'metadata.generateName'],
    check: ([pods, claims]) => {
      expect(pods).to.have.length(1);
      expect(claims).to.have.length(2);
    },
  }));
