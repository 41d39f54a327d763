import { expect } from 'chai';
import type { Pod } from '../../../src/api/core-v1/pod.ts';
import { createBalancedAllocation } from '../../../src/scheduler/plugins/balanced-allocation.ts';
import { dynamicResources } from '../../../src/scheduler/plugins/dynamic-resources.ts';
import { imageLocality } from '../../../src/scheduler/plugins/image-locality.ts';
import { createNodeAffinity } from '../../../src/scheduler/plugins/node-affinity.ts';
import { nodeName } from '../../../src/scheduler/plugins/node-name.ts';
import { nodePorts } from '../../../src/scheduler/plugins/node-ports.ts';
import { createNodeResourcesFit } from '../../../src/scheduler/plugins/node-resources-fit.ts';
import { nodeUnschedulable } from '../../../src/scheduler/plugins/node-unschedulable.ts';
import { schedulingGates } from '../../../src/scheduler/plugins/scheduling-gates.ts';
import { taintToleration } from '../../../src/scheduler/plugins/taint-toleration.ts';
import { podInfo } from '../../../src/scheduler/pod-info.ts';
import { aNode, aPod, handleWith } from '../objects.ts';
import { reasons, scores, snapshotOf } from './probe.ts';

const nodeAffinity = createNodeAffinity();
const nodeResourcesFit = createNodeResourcesFit();
const balancedAllocation = createBalancedAllocation();

describe('plugin NodeName', () => {
  it('lets a pod go to the node it names, and anywhere when it names none', () => {
    expect(reasons(nodeName, aPod('a'), aNode('n'))).to.deep.equal([]);
    expect(reasons(nodeName, aPod('a', {}, { nodeName: 'n' }), aNode('n'))).to.deep.equal([]);
    expect(reasons(nodeName, aPod('a', {}, { nodeName: 'm' }), aNode('n'))).to.deep.equal([
      "!node(s) didn't match the requested node name",
    ]);
  });
});

describe('plugin NodeUnschedulable', () => {
  const cordoned = aNode('n', { spec: { unschedulable: true } });
  const toleration = { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' };
  it('keeps pods off cordoned nodes unless they tolerate it', () => {
    expect(reasons(nodeUnschedulable, aPod('a'), cordoned)).to.deep.equal(['!node(s) were unschedulable']);
    expect(reasons(nodeUnschedulable, aPod('a', {}, { tolerations: [toleration] }), cordoned)).to.deep.equal([]);
    expect(reasons(nodeUnschedulable, aPod('a'), aNode('n'))).to.deep.equal([]);
  });
});

describe('plugin TaintToleration', () => {
  const taint = { key: 'gpu', value: 'yes', effect: 'NoSchedule' };
  const table: [string, object | undefined, object, boolean][] = [
    ['no toleration', undefined, taint, false],
    ['an equal value', { key: 'gpu', operator: 'Equal', value: 'yes', effect: 'NoSchedule' }, taint, true],
    ['another value', { key: 'gpu', operator: 'Equal', value: 'no' }, taint, false],
    ['no operator means Equal', { key: 'gpu', value: 'yes' }, taint, true],
    ['Exists', { key: 'gpu', operator: 'Exists' }, taint, true],
    ['Exists without a key', { operator: 'Exists' }, taint, true],
    ['another key', { key: 'cpu', operator: 'Exists' }, taint, false],
    ['another effect', { key: 'gpu', operator: 'Exists', effect: 'NoExecute' }, taint, false],
    ['NoExecute keeps off too', undefined, { ...taint, effect: 'NoExecute' }, false],
    ['PreferNoSchedule does not', undefined, { ...taint, effect: 'PreferNoSchedule' }, true],
    ['an unknown operator', { key: 'gpu', operator: 'Like', value: 'yes' }, taint, false],
  ];
  for (const [name, toleration, on, fits] of table) {
    it(name, () => {
      const pod = aPod('a', {}, { tolerations: toleration ? [toleration] : [] });
      const expected = fits ? [] : ['!node(s) had untolerated taint {gpu: yes}'];
      expect(reasons(taintToleration, pod, aNode('n', { spec: { taints: [on] } }))).to.deep.equal(expected);
    });
  }

  it('prefers nodes with fewer taints that would rather not have the pod', () => {
    const soft = (n: number) => ({
      spec: { taints: Array.from({ length: n }, (_, i) => ({ key: `k${i}`, effect: 'PreferNoSchedule' })) },
    });
    const nodes = [aNode('a', soft(0)), aNode('b', soft(1)), aNode('c', soft(2))];
    expect(scores(taintToleration, aPod('p'), nodes)).to.deep.equal([100, 50, 0]);
    const tolerant = aPod('p', {}, { tolerations: [{ key: 'k1', operator: 'Exists', effect: 'PreferNoSchedule' }] });
    expect(scores(taintToleration, tolerant, nodes)).to.deep.equal([100, 0, 0]);
  });
});

describe('plugin NodeAffinity', () => {
  const node = aNode('n', { labels: { zone: 'a', disk: 'ssd', gen: '7' } });
  const required = (...nodeSelectorTerms: object[]) => ({
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
  });
  const expression = (key: string, operator: string, ...values: string[]) => ({
    matchExpressions: [{ key, operator, values }],
  });
  const table: [string, object, boolean][] = [
    ['nothing asked', {}, true],
    ['a selector that matches', { nodeSelector: { zone: 'a' } }, true],
    ['a selector that matches in part', { nodeSelector: { zone: 'a', disk: 'hdd' } }, false],
    ['In', required(expression('zone', 'In', 'b', 'a')), true],
    ['In of others', required(expression('zone', 'In', 'b')), false],
    ['NotIn', required(expression('zone', 'NotIn', 'b')), true],
    ['NotIn holds without the label', required(expression('rack', 'NotIn', 'b')), true],
    ['Exists', required(expression('rack', 'Exists')), false],
    ['DoesNotExist', required(expression('rack', 'DoesNotExist')), true],
    ['Gt', required(expression('gen', 'Gt', '6')), true],
    ['Gt, equal', required(expression('gen', 'Gt', '7')), false],
    ['Lt', required(expression('gen', 'Lt', '10')), true],
    ['Lt of what is no number', required(expression('zone', 'Lt', '10')), false],
    ['an unknown operator', required(expression('zone', 'Like', 'a')), false],
    ['one of several terms', required(expression('zone', 'In', 'b'), expression('disk', 'In', 'ssd')), true],
    ['a term that says nothing', required({}), false],
    ['the name', required({ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n'] }] }), true],
    ['another name', required({ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['m'] }] }), false],
    [
      'selector and affinity must both match',
      { nodeSelector: { zone: 'b' }, ...required(expression('zone', 'In', 'a')) },
      false,
    ],
  ];
  for (const [name, spec, fits] of table) {
    it(name, () => {
      const expected = fits ? [] : ["!node(s) didn't match Pod's node affinity/selector"];
      expect(reasons(nodeAffinity, aPod('p', {}, spec), node)).to.deep.equal(expected);
    });
  }

  it('prefers by the sum of the weights that match', () => {
    const preferred = [
      { weight: 10, preference: expression('zone', 'In', 'a') },
      { weight: 30, preference: expression('disk', 'In', 'ssd') },
    ];
    const pod = aPod(
      'p',
      {},
      { affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: preferred } } },
    );
    const nodes = [node, aNode('x', { labels: { zone: 'a' } }), aNode('y')];
    expect(scores(nodeAffinity, pod, nodes)).to.deep.equal([100, 25, 0]);
  });
});

describe('plugin NodePorts', () => {
  const withPort = (name: string, hostPort: number, more: object = {}) =>
    aPod(name, {}, { containers: [{ name: 'c', ports: [{ containerPort: 80, hostPort, ...more }] }] });
  const table: [string, Pod, Pod, boolean][] = [
    ['another port', withPort('a', 80), withPort('b', 81), true],
    ['the same port', withPort('a', 80), withPort('b', 80), false],
    ['another protocol', withPort('a', 80), withPort('b', 80, { protocol: 'UDP' }), true],
    ['another address', withPort('a', 80, { hostIP: '127.0.0.1' }), withPort('b', 80, { hostIP: '127.0.0.2' }), true],
    ['every address against one', withPort('a', 80), withPort('b', 80, { hostIP: '127.0.0.2' }), false],
    ['one address against every', withPort('a', 80, { hostIP: '127.0.0.2' }), withPort('b', 80), false],
    ['no host port', aPod('a'), withPort('b', 80), true],
  ];
  for (const [name, wanted, there, fits] of table) {
    it(name, () => {
      const expected = fits ? [] : ["node(s) didn't have free ports for the requested pod ports"];
      expect(reasons(nodePorts, wanted, aNode('n'), [there])).to.deep.equal(expected);
    });
  }
});

describe('plugin NodeResourcesFit', () => {
  const small = aNode('n', { status: { allocatable: { cpu: '2', memory: '1Gi', pods: '2', 'example.com/gpu': '1' } } });
  const table: [string, Pod, Pod[], string[]][] = [
    ['an empty node', aPod('a', { cpu: '2', memory: '1Gi' }), [], []],
    ['what is left is enough', aPod('a', { cpu: '500m' }), [aPod('b', { cpu: '1500m' })], []],
    ['what is left is not enough', aPod('a', { cpu: '501m' }), [aPod('b', { cpu: '1500m' })], ['Insufficient cpu']],
    ['too large for the empty node', aPod('a', { cpu: '3' }), [], ['!Insufficient cpu']],
    [
      'several are short',
      aPod('a', { cpu: '1', memory: '600Mi' }),
      [aPod('b', { cpu: '1500m', memory: '500Mi' })],
      ['Insufficient cpu', 'Insufficient memory'],
    ],
    [
      'what the node does not have at all',
      aPod('a', { 'ephemeral-storage': '1' }),
      [],
      ['!Insufficient ephemeral-storage'],
    ],
    [
      'an extended resource',
      aPod('a', { 'example.com/gpu': '1' }),
      [aPod('b', { 'example.com/gpu': '1' })],
      ['Insufficient example.com/gpu'],
    ],
    ['nothing asked of a full node', aPod('a'), [aPod('b', { cpu: '2' })], []],
    ['too many pods', aPod('a'), [aPod('b'), aPod('c')], ['Too many pods']],
  ];
  for (const [name, pod, others, expected] of table) {
    it(name, () => expect(reasons(nodeResourcesFit, pod, small, others)).to.deep.equal(expected));
  }

  it('prefers the emptier node', () => {
    const nodes = [aNode('full'), aNode('half'), aNode('empty')];
    const placed: [Pod, string][] = [
      [aPod('a', { cpu: '3', memory: '7Gi' }), 'full'],
      [aPod('b', { cpu: '2', memory: '4Gi' }), 'half'],
    ];
    const [full, half, empty] = scores(nodeResourcesFit, aPod('p', { cpu: '400m', memory: '800Mi' }), nodes, placed);
    expect([full, half, empty]).to.deep.equal([8, 40, 90]);
  });
});

describe('plugin NodeResourcesBalancedAllocation', () => {
  it('prefers nodes where CPU and memory would be used alike', () => {
    const nodes = [aNode('even'), aNode('uneven')];
    const placed: [Pod, string][] = [
      [aPod('a', { cpu: '2', memory: '4Gi' }), 'even'],
      [aPod('b', { cpu: '3' }), 'uneven'],
    ];
    expect(scores(balancedAllocation, aPod('p', { cpu: '400m' }), nodes, placed)).to.deep.equal([95, 57]);
    expect(scores(balancedAllocation, aPod('p'), nodes, placed)).to.deep.equal([0, 0]);
  });
});

describe('plugin ImageLocality', () => {
  it('prefers nodes that have the image, by its size and how common it is', () => {
    const images = (name: string, megabytes: number) => ({
      status: { images: [{ names: [name], sizeBytes: megabytes * 2 ** 20 }] },
    });
    const nodes = [aNode('a', images('web:latest', 800)), aNode('b', images('web:1', 800)), aNode('c')];
    expect(scores(imageLocality, aPod('p'), nodes)).to.deep.equal([24, 0, 0]);
    const everywhere = [aNode('a', images('web:latest', 2000)), aNode('b', images('web:latest', 10))];
    expect(scores(imageLocality, aPod('p'), everywhere)).to.deep.equal([100, 0]);
  });
});

describe('plugin SchedulingGates', () => {
  it('admits a pod only without gates', () => {
    expect(schedulingGates.preEnqueue!(podInfo(aPod('a')))).to.equal(undefined);
    const gated = podInfo(aPod('a', {}, { schedulingGates: [{ name: 'x' }, { name: 'y' }] }));
    expect(schedulingGates.preEnqueue!(gated)!.reasons).to.deep.equal(['waiting for scheduling gates: [x y]']);
  });
});

describe('plugin NodeAffinity, its settings', () => {
  const zone = (value: string) => ({ matchExpressions: [{ key: 'zone', operator: 'In', values: [value] }] });
  const addedAffinity = {
    requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [zone('a')] },
    preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference: zone('a') }],
  };
  const plugin = createNodeAffinity({ addedAffinity });
  const [inside, outside] = [aNode('i', { labels: { zone: 'a' } }), aNode('o', { labels: { zone: 'b' } })];
  it('adds what every pod of the profile must have', () => {
    expect(reasons(plugin, aPod('p'), inside)).to.deep.equal([]);
    expect(reasons(plugin, aPod('p'), outside)).to.deep.equal([
      "!node(s) didn't match scheduler-enforced node affinity",
    ]);
    expect(scores(plugin, aPod('p'), [inside, outside])).to.deep.equal([100, 0]);
  });
});

describe('plugin NodeAffinity, named nodes', () => {
  const named = (...groups: string[][]) => {
    const nodeSelectorTerms = groups.map((values) => ({
      matchFields: values.map((value) => ({ key: 'metadata.name', operator: 'In', values: value.split(',') })),
    }));
    const required = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } };
    return podInfo(aPod('p', {}, { affinity: { nodeAffinity: required } }));
  };
  const result = (info: ReturnType<typeof podInfo>) => nodeAffinity.preFilter!(info, snapshotOf([])) as any;
  it('narrows the search to the nodes that a pod names', () => {
    expect([...result(named(['a'], ['b,c'])).nodes]).to.deep.equal(['a', 'b', 'c']);
    expect(result(named(['a'], [])).nodes).to.equal(undefined);
    expect(result(podInfo(aPod('p')))).to.equal('skip');
  });
  it('rejects names that exclude each other', () => {
    expect(result(named(['a', 'b'])).rejection.reasons).to.deep.equal(['pod affinity terms conflict']);
  });
});

describe('plugin DynamicResources', () => {
  const claim = (name: string) => ({
    apiVersion: 'resource.k8s.io/v1',
    kind: 'ResourceClaim',
    metadata: { name, namespace: 'default' },
    spec: { devices: { requests: name === 'there' ? [{ name: 'r', exactly: { deviceClassName: 'gpu' } }] : [] } },
    ...(name === 'full' && { status: { allocation: {}, reservedFor: Array.from({ length: 256 }, () => ({})) } }),
    ...(name === 'away' && { status: { allocation: { nodeSelector: onNode('other') } } }),
  });
  const onNode = (node: string) => ({
    nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] }],
  });
  const plugin = dynamicResources.create(
    undefined,
    handleWith((plural) => (plural === 'resourceclaims' ? ['there', 'empty', 'full', 'away'].map(claim) : []) as any),
  );
  const table: [string, object, RegExp | undefined][] = [
    ['no claims', {}, undefined],
    [
      'a claim that is to be made',
      { resourceClaims: [{ name: 'c', resourceClaimTemplateName: 't' }] },
      /^!waiting for dynamic resource controller/,
    ],
    [
      'a claim that is missing',
      { resourceClaims: [{ name: 'c', resourceClaimName: 'gone' }] },
      /^!resourceclaim "gone" not found$/,
    ],
    [
      'a claim of a class that is missing',
      { resourceClaims: [{ name: 'c', resourceClaimName: 'there' }] },
      /^!request r: device class gpu does not exist$/,
    ],
    ['a claim that asks for nothing', { resourceClaims: [{ name: 'c', resourceClaimName: 'empty' }] }, undefined],
    [
      'a claim that too many use',
      { resourceClaims: [{ name: 'c', resourceClaimName: 'full' }] },
      /^!resourceclaim in use$/,
    ],
    [
      'a claim with devices elsewhere',
      { resourceClaims: [{ name: 'c', resourceClaimName: 'away' }] },
      /^resourceclaim not available on the node$/,
    ],
  ];
  for (const [name, spec, expected] of table) {
    it(name, () => {
      const [reason] = reasons(plugin, aPod('p', {}, spec), aNode('n'));
      if (expected) expect(reason).to.match(expected);
      else expect(reason).to.equal(undefined);
    });
  }
});
