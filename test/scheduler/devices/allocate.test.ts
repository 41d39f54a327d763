import { expect } from 'chai';
import type { ResourceSlice } from '../../../src/api/resource-v1/resource-slice.ts';
import { allocate } from '../../../src/scheduler/devices/allocate.ts';
import { allocationOf } from '../../../src/scheduler/devices/allocation.ts';
import type { Devices } from '../../../src/scheduler/devices/device.ts';
import { poolsFor } from '../../../src/scheduler/devices/pools.ts';
import { taintsOf } from '../../../src/scheduler/devices/taints.ts';
import { aClaim, aClass, aDevice, asks, aSlice, cel, driver } from './objects.ts';

const node = { name: 'node', labels: { rack: 'r1' } };
const classes = [
  aClass('gpu', { selectors: [cel(`device.driver == "${driver}"`)] }),
  aClass('large', { selectors: [cel(`device.attributes["${driver}"].model == "large"`)] }),
  aClass('wrong', { selectors: [cel('device.nothing')] }),
];

function problem(slices: ResourceSlice[], inUse: string[], ...claims: Devices[]) {
  return {
    claims: claims.map((devices, i) => aClaim(`c${i + 1}`, devices)),
    pools: poolsFor(node, slices),
    classOf: (name: string) => classes.find(({ metadata }) => metadata.name === name),
    tries: { left: 1_000_000 },
    inUse: (id: string) => inUse.includes(id.slice(id.lastIndexOf('/') + 1)),
    taintsOf: (device: Parameters<typeof taintsOf>[0]) => taintsOf(device, []),
  };
}

/** `request=device` of each claim, or what kept them from getting anything. */
function outcome(slices: ResourceSlice[], inUse: string[], ...claims: Devices[]): string[] | string | undefined {
  try {
    const grants = allocate(problem(slices, inUse, ...claims));
    return grants?.map((some) => some.map(({ request, device }) => `${request}=${device.name}`).join(' '));
  } catch (error) {
    return (error as Error).message;
  }
}

const small = [aDevice('a'), aDevice('b'), aDevice('c')];
const mixed = [aDevice('a'), aDevice('b', 64), aDevice('c', 64)];
const taint = { key: 'broken', effect: 'NoSchedule' };
const attribute = (name: string, value: string) => aDevice(name, 16, { attributes: { numa: { string: value } } });
const dividable = [
  aSlice([], { devices: [], sharedCounters: [{ name: 'card', counters: { memory: { value: '40Gi' } } }] }),
  aSlice(
    ['whole', 'half1', 'half2'].map((name) =>
      aDevice(name, 16, {
        consumesCounters: [{ counterSet: 'card', counters: { memory: { value: name === 'whole' ? '40Gi' : '20Gi' } } }],
      }),
    ),
  ),
].map((slice) => ({ ...slice, spec: { ...slice.spec, pool: { ...slice.spec.pool, resourceSliceCount: 2 } } }));

describe('DynamicResources: allocation', () => {
  const table: [string, ResourceSlice[], string[], Devices[], string[] | string | undefined][] = [
    ['the first device that is free', [aSlice(small)], ['a'], [{ requests: [asks('r')] }], ['r=b']],
    ['nothing when none is free', [aSlice(small)], ['a', 'b', 'c'], [{ requests: [asks('r')] }], undefined],
    ['nothing when there are no devices', [], [], [{ requests: [asks('r')] }], undefined],
    ['as many as asked for', [aSlice(small)], [], [{ requests: [asks('r', { count: 2 })] }], ['r=a r=b']],
    ['nothing when there are too few', [aSlice(small)], ['c'], [{ requests: [asks('r', { count: 3 })] }], undefined],
    [
      'each claim its own',
      [aSlice(small)],
      [],
      [{ requests: [asks('r')] }, { requests: [asks('s'), asks('t')] }],
      ['r=a', 's=b t=c'],
    ],
    [
      'what leaves enough for the others',
      [aSlice([aDevice('b', 64), aDevice('a')])],
      [],
      [{ requests: [asks('any'), asks('large', { deviceClassName: 'large' })] }],
      ['any=a large=b'],
    ],
    [
      'what its selectors want',
      [aSlice(mixed)],
      [],
      [
        {
          requests: [
            asks('r', { selectors: [cel(`device.capacity["${driver}"].memory.compareTo(quantity("20Gi")) >= 0`)] }),
          ],
        },
      ],
      ['r=b'],
    ],
    [
      'by version',
      [aSlice(mixed)],
      [],
      [
        {
          requests: [
            asks('r', { selectors: [cel(`device.attributes["${driver}"].version.isLessThan(semver("1.2.0"))`)] }),
          ],
        },
      ],
      undefined,
    ],
    [
      'nothing of a domain that is not there',
      [aSlice(mixed)],
      [],
      [{ requests: [asks('r', { selectors: [cel('"x" in device.attributes["other.example.com"]')] })] }],
      undefined,
    ],
    [
      'of capacities as much as asked for',
      [aSlice(mixed)],
      [],
      [{ requests: [asks('r', { capacity: { requests: { memory: '17Gi' } } })] }],
      ['r=b'],
    ],
    [
      'all that there are',
      [aSlice(mixed)],
      ['a'],
      [{ requests: [asks('r', { allocationMode: 'All', deviceClassName: 'large' })] }],
      ['r=b r=c'],
    ],
    [
      'not all when one is in use',
      [aSlice(mixed)],
      ['c'],
      [{ requests: [asks('r', { allocationMode: 'All', deviceClassName: 'large' })] }],
      undefined,
    ],
    [
      'all of none: nothing',
      [aSlice(small)],
      [],
      [{ requests: [asks('r', { allocationMode: 'All', deviceClassName: 'large' })] }],
      undefined,
    ],
    [
      'the first of what it would take',
      [aSlice(small)],
      [],
      [
        {
          requests: [
            {
              name: 'r',
              firstAvailable: [
                { name: 'best', deviceClassName: 'large' },
                { name: 'good', deviceClassName: 'gpu', count: 2 },
              ],
            },
          ],
        },
      ],
      ['r/good=a r/good=b'],
    ],
    [
      'what has an attribute in common',
      [aSlice([attribute('a', 'n0'), attribute('b', 'n1'), attribute('c', 'n1')])],
      [],
      [{ requests: [asks('r', { count: 2 })], constraints: [{ matchAttribute: `${driver}/numa` }] }],
      ['r=b r=c'],
    ],
    [
      'what differs in an attribute',
      [aSlice([attribute('a', 'n0'), attribute('b', 'n0'), attribute('c', 'n1')])],
      [],
      [{ requests: [asks('r', { count: 2 })], constraints: [{ distinctAttribute: `${driver}/numa` }] }],
      ['r=a r=c'],
    ],
    [
      'in common only for the requests that are named',
      [aSlice([attribute('a', 'n0'), attribute('b', 'n1'), attribute('c', 'n1')])],
      [],
      [
        {
          requests: [asks('r'), asks('s'), asks('t')],
          constraints: [{ requests: ['s', 't'], matchAttribute: `${driver}/numa` }],
        },
      ],
      ['r=a s=b t=c'],
    ],
    [
      'also what is in use to who looks after it',
      [aSlice(mixed)],
      ['a', 'b', 'c'],
      [{ requests: [asks('r', { adminAccess: true, allocationMode: 'All' })] }],
      ['r=a r=b r=c'],
    ],
    [
      'nothing that is tainted',
      [aSlice([aDevice('a', 16, { taints: [taint] }), aDevice('b')])],
      [],
      [{ requests: [asks('r')] }],
      ['r=b'],
    ],
    [
      'what is tainted to who tolerates it',
      [aSlice([aDevice('a', 16, { taints: [taint] }), aDevice('b')])],
      [],
      [{ requests: [asks('r', { tolerations: [{ key: 'broken', operator: 'Exists' }] })] }],
      ['r=a'],
    ],
    [
      'what has a taint that only tells',
      [aSlice([aDevice('a', 16, { taints: [{ ...taint, effect: 'None' }] })])],
      [],
      [{ requests: [asks('r')] }],
      ['r=a'],
    ],
    ['one half of a card after the other', dividable, ['half1'], [{ requests: [asks('r')] }], ['r=half2']],
    [
      'a whole card or its halves, not both',
      dividable,
      [],
      [{ requests: [asks('r', { count: 2 })] }],
      ['r=half1 r=half2'],
    ],
    ['no half of a card that is given away', dividable, ['whole'], [{ requests: [asks('r')] }], undefined],
    [
      'nothing of old generations',
      [
        aSlice([aDevice('old')]),
        aSlice([aDevice('new')], { pool: { name: 'node', generation: 2, resourceSliceCount: 1 } }),
      ],
      [],
      [{ requests: [asks('r')] }],
      ['r=new'],
    ],
    ['nothing of another node', [aSlice(small, { nodeName: 'other' })], [], [{ requests: [asks('r')] }], undefined],
    ['devices that all nodes reach', [aSlice(small, { allNodes: true })], [], [{ requests: [asks('r')] }], ['r=a']],
    [
      'devices that this node reaches by its labels',
      [
        aSlice(small, {
          nodeSelector: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: 'rack', operator: 'In', values: ['r1'] }] }],
          },
        }),
      ],
      [],
      [{ requests: [asks('r')] }],
      ['r=a'],
    ],
    [
      'devices that say themselves who reaches them',
      [
        aSlice([aDevice('a', 16, { nodeName: 'other' }), aDevice('b', 16, { allNodes: true })], {
          perDeviceNodeSelection: true,
        }),
      ],
      [],
      [{ requests: [asks('r')] }],
      ['r=b'],
    ],
    [
      'an error when two devices have one name',
      [aSlice([aDevice('a'), aDevice('a')])],
      [],
      [{ requests: [asks('r')] }],
      `claim default/c1, request r: resource pool ${driver}/node is invalid: duplicate device names`,
    ],
    [
      'an error when all are wanted of a pool that is still being written',
      [aSlice(small, { pool: { name: 'node', generation: 1, resourceSliceCount: 2 } })],
      [],
      [{ requests: [asks('r', { allocationMode: 'All' })] }],
      `claim default/c1, request r: asks for all devices, but resource pool ${driver}/node is currently being updated`,
    ],
    [
      "an error of a class's selector",
      [aSlice(small)],
      [],
      [{ requests: [asks('r', { deviceClassName: 'wrong' })] }],
      'class wrong: selector #0: CEL runtime error: no such key: nothing',
    ],
    [
      "an error of a claim's selector",
      [aSlice(small)],
      [],
      [{ requests: [asks('r', { selectors: [cel('true'), cel('devices')] })] }],
      "claim default/c1: selector #1: CEL compile error: ERROR: <input>:1:1: undeclared reference to 'devices' (in container '')\n | devices\n | ^",
    ],
  ];
  for (const [what, slices, inUse, claims, expected] of table) {
    it(`gives ${what}`, () => expect(outcome(slices, inUse, ...claims)).to.deep.equal(expected));
  }

  it('ends a search that would take for ever', () => {
    const many = Array.from({ length: 30 }, (_, i) => attribute(`d${i}`, `n${i % 15}`));
    const devices = { requests: [asks('r', { count: 16 })], constraints: [{ distinctAttribute: `${driver}/numa` }] };
    expect(outcome([aSlice(many)], [], devices)).to.equal('timed out trying to allocate devices');
    const few = { ...problem([aSlice(many)], [], { requests: [asks('r', { count: 3 })] }), tries: { left: 2 } };
    expect(() => allocate(few)).to.throw('timed out trying to allocate devices');
  });

  it('writes down what was given, how it is to be used, and where', () => {
    const opaque = (value: number) => ({ opaque: { driver, parameters: { value } } });
    const withConfig = { ...classes[0]!, spec: { ...classes[0]!.spec, config: [opaque(1)] } };
    const tolerations = [{ key: 'broken', operator: 'Exists' }];
    const claim = aClaim('c', {
      requests: [asks('r', { tolerations }), asks('admin', { adminAccess: true })],
      config: [{ requests: ['r'], ...opaque(2) }],
    });
    const found = allocate({ ...problem([aSlice(small)], []), claims: [claim], classOf: () => withConfig })!;
    const device = { driver, pool: 'node', device: 'a' };
    expect(allocationOf(claim, found[0]!, 'node')).to.deep.equal({
      devices: {
        results: [
          { request: 'r', ...device, tolerations },
          { request: 'admin', ...device, adminAccess: true },
        ],
        config: [
          { source: 'FromClass', requests: ['r'], ...opaque(1) },
          { source: 'FromClass', requests: ['admin'], ...opaque(1) },
          { source: 'FromClaim', requests: ['r'], ...opaque(2) },
        ],
      },
      nodeSelector: {
        nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['node'] }] }],
      },
    });
    const everywhere = allocate(problem([aSlice(small, { allNodes: true })], [], { requests: [asks('r')] }))!;
    expect(allocationOf(claim, everywhere[0]!, 'node')).to.not.have.property('nodeSelector');
    const key = { key: 'rack', operator: 'In', values: ['r1'] };
    const nodeSelector = { nodeSelectorTerms: [{ matchExpressions: [key] }] };
    const rack = allocate(problem([aSlice(small, { nodeSelector })], [], { requests: [asks('r', { count: 2 })] }))!;
    expect(allocationOf(claim, rack[0]!, 'node').nodeSelector).to.deep.equal(nodeSelector);
  });

  it('knows the taints that rules add', () => {
    const rule = (deviceSelector: object | undefined) => ({ spec: { deviceSelector, taint } }) as any;
    const [device] = poolsFor(node, [aSlice(small)])[0]!.devices;
    const count = (selector: object | undefined) => taintsOf(device!, [rule(selector)]).length;
    expect(count({ driver })).to.equal(1);
    expect(count({ driver, pool: 'node', device: 'a' })).to.equal(1);
    expect(count({})).to.equal(1);
    expect(count({ driver, device: 'b' })).to.equal(0);
    expect(count(undefined)).to.equal(0);
  });
});
