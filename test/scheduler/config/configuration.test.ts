import { expect } from 'chai';
import { defaultConfiguration, readConfiguration } from '../../../src/scheduler/config/configuration.ts';

const header = { apiVersion: 'kubescheduler.config.k8s.io/v1', kind: 'KubeSchedulerConfiguration' };
const read = (rest: object) => readConfiguration({ ...header, ...rest });
const withArguments = (name: string, args: object) => ({ profiles: [{ pluginConfig: [{ name, args }] }] });

describe('scheduler configuration', () => {
  it('is complete when the file says nothing', () => {
    expect(read({})).to.deep.equal(defaultConfiguration());
    expect(defaultConfiguration()).to.deep.include({
      percentageOfNodesToScore: 0,
      podInitialBackoffSeconds: 1,
      podMaxBackoffSeconds: 10,
      extenders: [],
      warnings: [],
    });
    const [profile] = defaultConfiguration().profiles;
    expect(profile!.schedulerName).to.equal('default-scheduler');
    expect(profile!.arguments.DefaultPreemption).to.deep.equal({
      minCandidateNodesPercentage: 10,
      minCandidateNodesAbsolute: 100,
    });
    expect(profile!.arguments.VolumeBinding.bindTimeoutSeconds).to.equal(600);
  });

  it('keeps what is said and adds the rest', () => {
    const strategy = { type: 'MostAllocated', resources: [{ name: 'cpu' }, { name: 'example.com/gpu', weight: 5 }] };
    const [profile] = read(withArguments('NodeResourcesFit', { scoringStrategy: strategy })).profiles;
    expect(profile!.arguments.NodeResourcesFit).to.deep.equal({
      ignoredResources: [],
      ignoredResourceGroups: [],
      scoringStrategy: {
        type: 'MostAllocated',
        resources: [
          { name: 'cpu', weight: 1 },
          { name: 'example.com/gpu', weight: 5 },
        ],
      },
    });
  });

  it('remarks on what has no effect here', () => {
    expect(
      read({ leaderElection: { leaderElect: false, leaseDuration: '15s' }, parallelism: 8 }).warnings,
    ).to.deep.equal([
      'leaderElection has no effect: the scheduler runs in the process of the control plane',
      'parallelism has no effect: the scheduler runs in the process of the control plane',
    ]);
  });

  const extender = { urlPrefix: 'http://127.0.0.1:8888/x' };
  const mistakes: [string, object, string][] = [
    ['unknown fields', { percentage: 1 }, 'strict decoding error: unknown field "percentage"'],
    [
      'unknown fields deep down, all of them',
      { profiles: [{ plugins: { score: { enabled: [{ nam: 'x' }] }, scoring: {} } }] },
      'strict decoding error: [unknown field "profiles[0].plugins.score.enabled[0].nam", unknown field "profiles[0].plugins.scoring"]',
    ],
    ['a key of every object', JSON.parse('{"__proto__": 1}'), 'strict decoding error: unknown field "__proto__"'],
    [
      'unknown arguments',
      withArguments('InterPodAffinity', { hard: 1 }),
      'strict decoding error: unknown field "profiles[0].pluginConfig[0].args.hard"',
    ],
    ['types', { parallelism: '3' }, 'parallelism: Invalid value: "3": must be an integer'],
    ['lists', { profiles: {} }, 'profiles: Invalid value: {}: must be a list'],
    ['no workers', { parallelism: 0 }, 'parallelism: Invalid value: 0: should be an integer value greater than zero'],
    [
      'percentages',
      { percentageOfNodesToScore: 101 },
      'percentageOfNodesToScore: Invalid value: 101: not in valid range [0-100]',
    ],
    ['back-off', { podInitialBackoffSeconds: 0 }, 'podInitialBackoffSeconds: Invalid value: 0: must be greater than 0'],
    [
      'a back-off that shrinks',
      { podInitialBackoffSeconds: 5, podMaxBackoffSeconds: 4 },
      'podMaxBackoffSeconds: Invalid value: 4: must be greater than or equal to PodInitialBackoffSeconds',
    ],
    [
      'profiles of one name',
      { profiles: [{ schedulerName: 'a' }, { schedulerName: 'a' }] },
      'profiles[1].schedulerName: Duplicate value: "profiles[0].schedulerName"',
    ],
    [
      'profiles without a name',
      { profiles: [{ schedulerName: 'a' }, {}] },
      'profiles[1].schedulerName: Required value',
    ],
    [
      'queues of different orders',
      {
        profiles: [
          { schedulerName: 'a' },
          { schedulerName: 'b', plugins: { queueSort: { disabled: [{ name: '*' }] } } },
        ],
      },
      'profiles[1].plugins.queueSort: Invalid value: {"disabled":[{"name":"*"}]}: has to match for all profiles',
    ],
    [
      'arguments of nobody',
      withArguments('Magic', {}),
      'profiles[0].pluginConfig[0].name: Invalid value: "Magic": there is no plugin of this name that takes arguments',
    ],
    [
      'arguments given twice',
      { profiles: [{ pluginConfig: [{ name: 'NodeAffinity' }, { name: 'NodeAffinity' }] }] },
      'profiles[0].pluginConfig[1]: Duplicate value: "NodeAffinity"',
    ],
    [
      'arguments of another kind',
      withArguments('NodeAffinity', { kind: 'NodeResourcesFitArgs' }),
      'profiles[0].pluginConfig[0].args.kind: Invalid value: "NodeResourcesFitArgs": must be NodeAffinityArgs for the plugin NodeAffinity',
    ],
    [
      'a curve that goes back',
      withArguments('NodeResourcesFit', {
        scoringStrategy: {
          type: 'RequestedToCapacityRatio',
          requestedToCapacityRatio: {
            shape: [
              { utilization: 50, score: 1 },
              { utilization: 50, score: 11 },
            ],
          },
        },
      }),
      '[profiles[0].pluginConfig[0].args.scoringStrategy.requestedToCapacityRatio.shape[1].utilization: Invalid value: 50: utilization values must be sorted in increasing order, profiles[0].pluginConfig[0].args.scoringStrategy.requestedToCapacityRatio.shape[1].score: Invalid value: 11: not in valid range [0-10]]',
    ],
    [
      'an unknown strategy',
      withArguments('NodeResourcesFit', { scoringStrategy: { type: 'Best' } }),
      'profiles[0].pluginConfig[0].args.scoringStrategy.type: Unsupported value: "Best": supported values: "LeastAllocated", "MostAllocated", "RequestedToCapacityRatio"',
    ],
    [
      'weights in balancing',
      withArguments('NodeResourcesBalancedAllocation', { resources: [{ name: 'cpu', weight: 2 }] }),
      'profiles[0].pluginConfig[0].args.resources[0].weight: Invalid value: 2: resource weight not equal to 1 is not allowed',
    ],
    [
      'own spread constraints and those of the system',
      withArguments('PodTopologySpread', {
        defaultConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway' }],
      }),
      'profiles[0].pluginConfig[0].args.defaultingType: Invalid value: "System": when .defaultConstraints are not empty',
    ],
    [
      'a spread constraint with a selector',
      withArguments('PodTopologySpread', {
        defaultingType: 'List',
        defaultConstraints: [
          { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway', labelSelector: {} },
        ],
      }),
      'profiles[0].pluginConfig[0].args.defaultConstraints[0].labelSelector: Forbidden: constraint must not define a selector, as they deduced for each pod',
    ],
    [
      'an affinity that is none',
      withArguments('NodeAffinity', {
        addedAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } },
      }),
      'profiles[0].pluginConfig[0].args.addedAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: must have at least one node selector term',
    ],
    [
      'no candidates for preemption',
      withArguments('DefaultPreemption', { minCandidateNodesPercentage: 0, minCandidateNodesAbsolute: -1 }),
      'profiles[0].pluginConfig[0].args.minCandidateNodesAbsolute: Invalid value: -1: not in valid range [0, inf)',
    ],
    [
      'a hard weight',
      withArguments('InterPodAffinity', { hardPodAffinityWeight: 101 }),
      'profiles[0].pluginConfig[0].args.hardPodAffinityWeight: Invalid value: 101: not in valid range [0, 100]',
    ],
    [
      'a time before now',
      withArguments('VolumeBinding', { bindTimeoutSeconds: -1 }),
      'profiles[0].pluginConfig[0].args.bindTimeoutSeconds: Invalid value: -1: invalid BindTimeoutSeconds, should not be a negative value',
    ],
    ['extenders without an address', { extenders: [{}] }, 'extenders[0].urlPrefix: Invalid value: "": must be a URL'],
    [
      'extenders that weigh nothing',
      { extenders: [{ ...extender, prioritizeVerb: 'p' }] },
      'extenders[0].weight: Invalid value: 0: must have a positive weight applied to it',
    ],
    [
      'two that bind',
      {
        extenders: [
          { ...extender, bindVerb: 'b' },
          { ...extender, bindVerb: 'b' },
        ],
      },
      'extenders: Invalid value: "found 2 extenders implementing bind": only one extender can implement bind',
    ],
    [
      'a resource of ours for an extender',
      { extenders: [{ ...extender, managedResources: [{ name: 'cpu' }] }] },
      'extenders[0].managedResources[0].name: Invalid value: "cpu": cpu is an invalid extended resource name',
    ],
    [
      'half a certificate',
      { extenders: [{ ...extender, tlsConfig: { certFile: 'x' } }] },
      'extenders[0].tlsConfig: Forbidden: a certificate and its key must both be given',
    ],
    [
      'times',
      { extenders: [{ ...extender, httpTimeout: '5' }] },
      'extenders[0].httpTimeout: Invalid value: "5": must be a duration',
    ],
  ];
  for (const [what, rest, message] of mistakes) {
    it(`refuses ${what}`, () =>
      expect(() => read(rest))
        .to.throw(Error)
        .with.property('message', message));
  }

  it('refuses other kinds and versions', () => {
    for (const value of [null, [], 'x', {}, { ...header, apiVersion: 'kubescheduler.config.k8s.io/v1beta2' }]) {
      expect(() => readConfiguration(value)).to.throw(/KubeSchedulerConfiguration/);
    }
  });
});
