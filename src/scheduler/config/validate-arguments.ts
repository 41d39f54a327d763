import { duplicate, forbidden, invalid, notSupported, path, required } from '../../apimachinery/field-error.ts';
import type { FieldError } from '../../apimachinery/field-error.ts';
import { qualifiedName } from '../../apimachinery/names.ts';
import { validateAffinity } from '../../api/core-v1/affinity-validation.ts';
import type { WeightedResource } from './arguments.ts';

type Arguments = Readonly<Record<string, any>>;
type Check = (args: Arguments, at: string) => FieldError[];

/** The rules of the arguments of the plugin of this name. */
export function validateArguments(name: string, args: Arguments, at: string): FieldError[] {
  return Object.hasOwn(checks, name) ? checks[name]!(args, at) : [];
}

const checks: Readonly<Record<string, Check>> = {
  NodeResourcesFit: (args, at) => [
    ...validateIgnored(args['ignoredResources'] ?? [], path(at, 'ignoredResources')),
    ...validateGroups(args['ignoredResourceGroups'] ?? [], path(at, 'ignoredResourceGroups')),
    ...(args['scoringStrategy'] ? validateStrategy(args['scoringStrategy'], path(at, 'scoringStrategy')) : []),
  ],
  NodeResourcesBalancedAllocation: (args, at) => [
    ...validateResources(args['resources'] ?? [], path(at, 'resources')),
    ...((args['resources'] ?? []) as WeightedResource[]).flatMap(({ weight }, i) =>
      weight === undefined || weight === 1
        ? []
        : [invalid(path(at, 'resources', i, 'weight'), weight, 'resource weight not equal to 1 is not allowed')],
    ),
  ],
  InterPodAffinity: (args, at) =>
    inRange(args['hardPodAffinityWeight'], 0, 100)
      ? []
      : [invalid(path(at, 'hardPodAffinityWeight'), args['hardPodAffinityWeight'], 'not in valid range [0, 100]')],
  PodTopologySpread: validateSpread,
  NodeAffinity: (args, at) => validateAffinity({ nodeAffinity: args['addedAffinity'] }, at).map(underAdded),
  DefaultPreemption: validatePreemption,
  VolumeBinding: (args, at) => {
    const seconds = args['bindTimeoutSeconds'] ?? 600;
    const late =
      seconds < 0
        ? [
            invalid(
              path(at, 'bindTimeoutSeconds'),
              seconds,
              'invalid BindTimeoutSeconds, should not be a negative value',
            ),
          ]
        : [];
    const scoring = args['shape'] ? [forbidden(path(at, 'shape'), 'storage capacity is not scored')] : [];
    return [...late, ...scoring];
  },
};

function inRange(value: number | undefined, from: number, to: number): boolean {
  return value === undefined || (value >= from && value <= to);
}

/** The rules are those of a pod's affinity; the field has another name here. */
function underAdded(error: FieldError): FieldError {
  return { ...error, field: error.field.replace('.nodeAffinity', '.addedAffinity') };
}

function validatePreemption(args: Arguments, at: string): FieldError[] {
  const { minCandidateNodesPercentage: percent = 10, minCandidateNodesAbsolute: absolute = 100 } = args;
  return [
    ...(inRange(percent, 0, 100)
      ? []
      : [invalid(path(at, 'minCandidateNodesPercentage'), percent, 'not in valid range [0, 100]')]),
    ...(absolute < 0 ? [invalid(path(at, 'minCandidateNodesAbsolute'), absolute, 'not in valid range [0, inf)')] : []),
    ...(percent === 0 && absolute === 0
      ? [
          invalid(
            path(at, 'minCandidateNodesPercentage'),
            percent,
            'cannot be zero at the same time as minCandidateNodesAbsolute',
          ),
          invalid(
            path(at, 'minCandidateNodesAbsolute'),
            absolute,
            'cannot be zero at the same time as minCandidateNodesPercentage',
          ),
        ]
      : []),
  ];
}

function validateIgnored(names: readonly string[], at: string): FieldError[] {
  return names.flatMap((name, i) => qualifiedName(name).map((detail) => invalid(path(at, i), name, detail)));
}

function validateGroups(groups: readonly string[], at: string): FieldError[] {
  return groups.flatMap((group, i) =>
    group.includes('/')
      ? [invalid(path(at, i), group, "resource group name can't contain '/'")]
      : qualifiedName(group).map((detail) => invalid(path(at, i), group, detail)),
  );
}

const STRATEGIES = ['LeastAllocated', 'MostAllocated', 'RequestedToCapacityRatio'];

function validateStrategy(strategy: Arguments, at: string): FieldError[] {
  const type: string = strategy['type'] || 'LeastAllocated';
  const errors = validateResources(strategy['resources'] ?? [], path(at, 'resources'));
  if (!STRATEGIES.includes(type)) errors.push(notSupported(path(at, 'type'), type, STRATEGIES));
  const points = strategy['requestedToCapacityRatio']?.shape;
  if (type === 'RequestedToCapacityRatio' || points) {
    errors.push(...validatePoints(points ?? [], path(at, 'requestedToCapacityRatio.shape')));
  }
  return errors;
}

function validateResources(resources: readonly WeightedResource[], at: string): FieldError[] {
  return resources.flatMap(({ name, weight }, i) => [
    ...(name ? [] : [required(path(at, i, 'name'))]),
    ...(inRange(weight, 0, 100)
      ? []
      : [invalid(path(at, i, 'weight'), weight, `resource weight of ${name} not in valid range [1, 100]`)]),
  ]);
}

interface Point {
  readonly utilization?: number;
  readonly score?: number;
}

function validatePoints(points: readonly Point[], at: string): FieldError[] {
  if (points.length === 0) return [required(at, 'at least one point must be specified')];
  return points.flatMap(({ utilization = 0, score = 0 }, i) => {
    const before = points[i - 1]?.utilization ?? 0;
    return [
      ...(i > 0 && before >= utilization
        ? [invalid(path(at, i, 'utilization'), utilization, 'utilization values must be sorted in increasing order')]
        : []),
      ...(inRange(utilization, 0, 100)
        ? []
        : [invalid(path(at, i, 'utilization'), utilization, 'not in valid range [0-100]')]),
      ...(inRange(score, 0, 10) ? [] : [invalid(path(at, i, 'score'), score, 'not in valid range [0-10]')]),
    ];
  });
}

const ACTIONS = ['DoNotSchedule', 'ScheduleAnyway'];

function validateSpread(args: Arguments, at: string): FieldError[] {
  const { defaultingType: type = 'System', defaultConstraints: constraints = [] } = args;
  const field = path(at, 'defaultingType');
  const errors: FieldError[] = [];
  if (type !== 'System' && type !== 'List') errors.push(notSupported(field, type, ['System', 'List']));
  else if (type === 'System' && constraints.length > 0) {
    errors.push(invalid(field, type, 'when .defaultConstraints are not empty'));
  }
  const pairs = new Set<string>();
  (constraints as Arguments[]).forEach((constraint, i) => {
    const here = path(at, 'defaultConstraints', i);
    errors.push(...validateConstraint(constraint, here));
    const pair = `{${constraint['topologyKey']}, ${constraint['whenUnsatisfiable']}}`;
    if (pairs.has(pair)) errors.push(duplicate(here, pair));
    pairs.add(pair);
  });
  return errors;
}

function validateConstraint(constraint: Arguments, at: string): FieldError[] {
  const { maxSkew = 0, topologyKey = '', whenUnsatisfiable: action = '', labelSelector } = constraint;
  const key = path(at, 'topologyKey');
  return [
    ...(maxSkew > 0 ? [] : [invalid(path(at, 'maxSkew'), maxSkew, 'must be greater than zero')]),
    ...(topologyKey
      ? qualifiedName(topologyKey).map((detail) => invalid(key, topologyKey, detail))
      : [required(key, 'can not be empty')]),
    ...(ACTIONS.includes(action)
      ? []
      : action
        ? [notSupported(path(at, 'whenUnsatisfiable'), action, ACTIONS)]
        : [required(path(at, 'whenUnsatisfiable'), 'can not be empty')]),
    ...(labelSelector
      ? [forbidden(path(at, 'labelSelector'), 'constraint must not define a selector, as they deduced for each pod')]
      : []),
  ];
}
