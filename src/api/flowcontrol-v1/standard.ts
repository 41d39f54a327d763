import type { FlowSchema } from './flow-schema.ts';
import type { PriorityLevelConfiguration } from './priority-level-configuration.ts';

type LevelSpec = NonNullable<PriorityLevelConfiguration['spec']>;
type SchemaSpec = NonNullable<FlowSchema['spec']>;
type Subject = NonNullable<SchemaSpec['rules']>[number]['subjects'][number];
type Rules = Omit<NonNullable<SchemaSpec['rules']>[number], 'subjects'>;

/** Says of an object made by the server that its spec follows the server's; who edits it takes the mark away. */
export const AUTO_UPDATE = { 'apf.kubernetes.io/autoupdate-spec': 'true' };

const QUEUE_LENGTH = 50;

function queued(shares: number, lendable: number, queues: number, handSize: number): LevelSpec {
  const queuing = { queues, handSize, queueLengthLimit: QUEUE_LENGTH };
  const limitResponse = { type: 'Queue', queuing };
  return {
    type: 'Limited',
    limited: { nominalConcurrencyShares: shares, lendablePercent: lendable, limitResponse },
  };
}

/** The levels that every cluster has; the first two always are as they stand here. */
export const standardLevels: Readonly<Record<string, LevelSpec>> = {
  exempt: { type: 'Exempt', exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } },
  'catch-all': {
    type: 'Limited',
    limited: { nominalConcurrencyShares: 5, lendablePercent: 0, limitResponse: { type: 'Reject' } },
  },
  system: queued(30, 33, 64, 6),
  'node-high': queued(40, 25, 64, 6),
  'leader-election': queued(10, 0, 16, 4),
  'workload-high': queued(40, 50, 128, 6),
  'workload-low': queued(100, 90, 128, 6),
  'global-default': queued(20, 50, 128, 6),
};

const group = (name: string): Subject => ({ kind: 'Group', group: { name } });
const user = (name: string): Subject => ({ kind: 'User', user: { name } });
const account = (name: string): Subject => ({
  kind: 'ServiceAccount',
  serviceAccount: { name, namespace: 'kube-system' },
});

const resources = (
  verbs: string[],
  apiGroups: string[],
  names: string[],
  namespaces = ['*'],
  clusterScope = false,
) => ({
  verbs,
  apiGroups,
  resources: names,
  namespaces,
  ...(clusterScope && { clusterScope }),
});
const everything: Rules = {
  resourceRules: [resources(['*'], ['*'], ['*'], ['*'], true)],
  nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
};
const leases = (namespaces: string[]): Rules => ({
  resourceRules: [resources(['get', 'create', 'update'], ['coordination.k8s.io'], ['leases'], namespaces)],
});

type By = 'ByUser' | 'ByNamespace' | undefined;

function flow(level: string, precedence: number, by: By, subjects: Subject[], rules: Rules): SchemaSpec {
  return {
    priorityLevelConfiguration: { name: level },
    matchingPrecedence: precedence,
    ...(by && { distinguisherMethod: { type: by } }),
    rules: [{ subjects, ...rules }],
  };
}

const everybody = [group('system:unauthenticated'), group('system:authenticated')];
const managers = [user('system:kube-controller-manager'), user('system:kube-scheduler')];
const probes: Rules = { nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/healthz', '/readyz', '/livez'] }] };
const ownNode: Rules = {
  resourceRules: [
    resources(['*'], [''], ['nodes', 'nodes/status'], ['*'], true),
    resources(['*'], ['coordination.k8s.io'], ['leases']),
  ],
};
const endpoints: Rules = { resourceRules: [resources(['get', 'create', 'update'], [''], ['endpoints'])] };

/** The flows that every cluster has; the first two always are as they stand here. */
export const standardFlows: Readonly<Record<string, SchemaSpec>> = {
  exempt: flow('exempt', 1, undefined, [group('system:masters')], everything),
  'catch-all': flow('catch-all', 10_000, 'ByUser', everybody, everything),
  probes: flow('exempt', 2, undefined, everybody, probes),
  'system-leader-election': flow('leader-election', 100, 'ByUser', managers, leases(['*'])),
  'endpoint-controller': flow(
    'workload-high',
    150,
    'ByUser',
    [managers[0]!, account('endpoint-controller')],
    endpoints,
  ),
  'workload-leader-election': flow('leader-election', 200, 'ByUser', [account('*')], leases(['*'])),
  'system-node-high': flow('node-high', 400, 'ByUser', [group('system:nodes')], ownNode),
  'system-nodes': flow('system', 500, 'ByUser', [group('system:nodes')], everything),
  'kube-controller-manager': flow('workload-high', 800, 'ByNamespace', [managers[0]!], everything),
  'kube-scheduler': flow('workload-high', 800, 'ByNamespace', [managers[1]!], everything),
  'kube-system-service-accounts': flow('workload-high', 900, 'ByNamespace', [account('*')], everything),
  'service-accounts': flow('workload-low', 9000, 'ByUser', [group('system:serviceaccounts')], everything),
  'global-default': flow('global-default', 9900, 'ByUser', everybody, everything),
};

/** Objects whose spec nobody changes: without them some request would fit nowhere. */
export const MANDATORY = ['exempt', 'catch-all'];
