import { expect } from 'chai';
import { deviceClass } from '../../../src/api/resource-v1/device-class.ts';
import { resourceClaimTemplate } from '../../../src/api/resource-v1/resource-claim-template.ts';
import { resourceClaim } from '../../../src/api/resource-v1/resource-claim.ts';
import { resourceSlice } from '../../../src/api/resource-v1/resource-slice.ts';
import { resourceClaim as oldestClaim } from '../../../src/api/resource-v1beta1/resource-claim.ts';
import { deviceTaintRule } from '../../../src/api/resource-v1beta2/device-taint-rule.ts';
import type { Kind } from '../../../src/apimachinery/kind.ts';
import { created, createErrors, defaulted, NOW, statusErrors, updateErrors } from '../kind-cases.ts';

const exactly = { deviceClassName: 'c' };
const claim = (devices: object) => ({ spec: { devices } });
const ask = (request: object) => claim({ requests: [{ name: 'r', ...request }] });
const base = { driver: 'd.io', pool: { name: 'p', resourceSliceCount: 1 }, nodeName: 'n' };
const slice = (more: object) => ({ spec: { ...base, ...more } });
const device = (more: object) => slice({ devices: [{ name: 'd', ...more }] });
const IDENTIFIER = `a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName', regex used for validation is '[A-Za-z_][A-Za-z0-9_]*')`;

describe('the rules of devices', () => {
  const cases: [kind: Kind<any>, fields: object, ...errors: string[]][] = [
    [resourceClaim, ask({ exactly })],
    [
      resourceClaim,
      claim({ requests: [{ name: 'r', exactly }], constraints: [{ requests: ['r', 'r'], matchAttribute: 'd.io/a' }] }),
      'spec.devices.constraints[0].requests[1]: Duplicate value: "r"',
    ],
    [
      resourceClaim,
      ask({}),
      'spec.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required',
    ],
    [
      resourceClaim,
      ask({ exactly, firstAvailable: [{ name: 'a', ...exactly }] }),
      'spec.devices.requests[0]: Invalid value: exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set',
    ],
    [
      resourceClaim,
      ask({ exactly: { ...exactly, allocationMode: 'All', count: 2 } }),
      "spec.devices.requests[0].exactly.count: Invalid value: 2: must not be specified when allocationMode is 'All'",
    ],
    [
      resourceClaim,
      ask({ exactly: { ...exactly, selectors: [{}, { cel: { expression: '' } }], count: -1 } }),
      'spec.devices.requests[0].exactly.selectors[0].cel: Required value',
      'spec.devices.requests[0].exactly.selectors[1].cel.expression: Required value',
      'spec.devices.requests[0].exactly.count: Invalid value: -1: must be greater than zero',
    ],
    [
      resourceClaim,
      ask({ exactly: { ...exactly, tolerations: [{ effect: 'PreferNoSchedule' }] } }),
      'spec.devices.requests[0].exactly.tolerations[0].key: Required value: must be set for operator `Equal`',
      'spec.devices.requests[0].exactly.tolerations[0].effect: Unsupported value: "PreferNoSchedule": supported values: "NoExecute", "NoSchedule"',
    ],
    [
      resourceClaim,
      claim({
        requests: [
          { name: 'r', exactly },
          { name: 'r', exactly },
        ],
        constraints: [{ requests: ['x'] }],
        config: [{ opaque: { driver: 'd.io', parameters: 1 } }],
      }),
      'spec.devices.requests[1].name: Duplicate value: "r"',
      `spec.devices.constraints[0].requests[0]: Invalid value: "x": must be the name of a request in the claim or the name of a request and a subrequest separated by '/'`,
      'spec.devices.constraints[0].matchAttribute: Required value',
      'spec.devices.config[0].opaque.parameters: Invalid value: "<value omitted>": must be a valid JSON object',
    ],
    [
      oldestClaim,
      claim({ requests: [{ name: 'r' }] }),
      'spec.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required',
    ],
    [
      resourceClaimTemplate,
      { spec: { spec: { devices: { requests: [{ name: 'R', exactly }] } } } },
      `spec.spec.devices.requests[0].name: Invalid value: "R": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`,
    ],
    [
      deviceClass,
      { spec: { extendedResourceName: 'cpu' } },
      'spec.extendedResourceName: Invalid value: "cpu": must be a valid extended resource name',
    ],
    [resourceSlice, device({ attributes: { 'a.io/b': { string: 'x' } }, capacity: { mem: { value: '1Gi' } } })],
    [
      resourceSlice,
      slice({ allNodes: true }),
      'spec: Invalid value: "{`nodeName`, `allNodes`}": exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required, but multiple fields are set',
    ],
    [
      resourceSlice,
      slice({ pool: { name: 'p' } }),
      'spec.pool.resourceSliceCount: Invalid value: 0: must be greater than zero',
    ],
    [
      resourceSlice,
      device({ attributes: { 'a-b': {}, v: { version: '1' } } }),
      `spec.devices[0].attributes[a-b]: Invalid value: "a-b": ${IDENTIFIER}`,
      'spec.devices[0].attributes[a-b]: Required value: exactly one value must be specified',
      'spec.devices[0].attributes[v].version: Invalid value: "1": must be a string compatible with semver.org spec 2.0.0',
    ],
    [
      resourceSlice,
      device({ nodeName: 'n', taints: [{ key: 'k', effect: 'Some' }] }),
      'spec.devices[0].taints[0].effect: Unsupported value: "Some": supported values: "NoExecute", "NoSchedule", "None"',
      'spec.devices[0].nodeName: Invalid value: "n": must not be set unless perDeviceNodeSelection is true',
    ],
    [
      resourceSlice,
      device({ consumesCounters: [{ counterSet: 's', counters: {} }], bindingConditions: ['A'] }),
      'spec.devices[0].consumesCounters[0].counters: Required value',
      'spec.devices[0].bindingFailureConditions: Required value: must be set when bindingConditions is set',
    ],
    [
      resourceSlice,
      device({ capacity: { m: { value: '4', requestPolicy: { default: '3', validValues: ['2', '1'] } } } }),
      'spec.devices[0].capacity[m].requestPolicy.validValues[1]: Invalid value: "1": must be sorted in ascending order',
      'spec.devices[0].capacity[m].requestPolicy.default: Invalid value: "3": default value is not valid according to the requestPolicy',
    ],
    [
      resourceSlice,
      slice({ devices: [{ name: 'd' }], sharedCounters: [{ name: 's', counters: { c: { value: '1' } } }] }),
      'spec: Invalid value: "{`devices`, `sharedCounters`}": only one of `devices` or `sharedCounters` is allowed',
    ],
    [
      resourceSlice,
      slice({ devices: Array.from({ length: 129 }, (_, i) => ({ name: `d${i}` })) }),
      'spec.devices: Too many: 129: must have at most 128 items',
    ],
    [
      deviceTaintRule,
      { spec: { taint: { key: 'k', effect: 'NoExecute' }, deviceSelector: { driver: '' } } },
      'spec.deviceSelector.driver: Required value',
    ],
  ];
  for (const [kind, fields, ...errors] of cases) {
    it(`of ${kind.kind} ${JSON.stringify(fields).slice(0, 110)}`, () =>
      expect(createErrors(kind, fields)).to.deep.equal(errors));
  }

  it('fill in one device, and tolerations that compare', () => {
    const { spec } = defaulted(resourceClaim, ask({ exactly: { ...exactly, tolerations: [{ key: 'k' }] } }));
    expect(spec.devices.requests[0].exactly).to.deep.equal({
      ...exactly,
      allocationMode: 'ExactCount',
      count: 1,
      tolerations: [{ key: 'k', operator: 'Equal' }],
    });
    expect(defaulted(oldestClaim, ask(exactly)).spec.devices.requests[0]).to.deep.equal({
      name: 'r',
      ...exactly,
      allocationMode: 'ExactCount',
      count: 1,
    });
  });

  it('say since when a taint is there', () => {
    const made = created(deviceTaintRule, { spec: { taint: { key: 'k', effect: 'NoSchedule' } } });
    expect(made.spec.taint.timeAdded).to.equal('2026-01-01T00:10:00Z');
    const next = structuredClone(made);
    next.spec.taint.effect = 'NoExecute';
    deviceTaintRule.prepareForUpdate!(next, made, { now: NOW + 60_000, user: 'a' });
    expect(next.spec.taint.timeAdded).to.equal('2026-01-01T00:11:00Z');
  });

  it('keep claims and where slices are', () => {
    expect(updateErrors(resourceClaim, ask({ exactly }), ask({ exactly: { deviceClassName: 'e' } }))[0]).to.match(
      /^spec: .*immutable$/,
    );
    expect(updateErrors(resourceSlice, slice({}), slice({ nodeName: 'm', driver: 'e.io' }))).to.deep.equal([
      'spec.driver: Invalid value: "e.io": field is immutable',
      'spec.nodeName: Invalid value: "m": field is immutable',
    ]);
  });
});

describe('the status of a claim', () => {
  const result = { request: 'r', driver: 'd.io', pool: 'p', device: 'x' };
  const allocation = { devices: { results: [result] } };
  const consumer = { resource: 'pods', name: 'p', uid: 'u' };
  const errors = (before: object, after: object, metadata: object = {}) =>
    statusErrors(resourceClaim, before, after, { metadata, ...ask({ exactly }) });

  it('is allocated once, then reserved', () => {
    expect(errors({}, { allocation, reservedFor: [consumer] })).to.deep.equal([]);
    expect(errors({}, { reservedFor: [consumer] })).to.deep.equal([
      'status.reservedFor: Forbidden: may not be specified when `allocated` is not set',
    ]);
    const other = { devices: { results: [{ ...result, device: 'y' }] } };
    expect(errors({ allocation }, { allocation: other })[0]).to.match(/^status.allocation: .*immutable$/);
    expect(errors({ allocation }, {})).to.deep.equal([]);
  });

  it('is not reserved anew while the claim goes', () => {
    const deletionTimestamp = '2026-01-01T00:00:00Z';
    expect(errors({ allocation }, { allocation, reservedFor: [consumer] }, { deletionTimestamp })).to.have.length(1);
  });

  it('names requests and devices that there are', () => {
    const wrong = { devices: { results: [{ ...result, request: 'q', pool: '' }] } };
    expect(errors({}, { allocation: wrong, devices: [{ ...result, device: 'z' }] })).to.deep.equal([
      'status.devices[0]: Invalid value: "d.io/p/z": must be an allocated device in the claim',
      'status.allocation.devices.results[0].request: Invalid value: "q": must be the name of a request in the claim or the name of a request and a subrequest separated by \'/\'',
      'status.allocation.devices.results[0].pool: Required value',
    ]);
  });
});
