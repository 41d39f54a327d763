import { creations, replacements, type Change, type Collection, type Scenario } from '../request.ts';

type Changes = Readonly<Record<string, Change>>;

function collection(group: string, plural: string, kind: string, spec: object): Collection {
  const base = { apiVersion: group, kind, metadata: { name: 'x' }, spec };
  return { path: `/apis/${group}/namespaces/{ns}/${plural}`, base };
}

const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'x' }] } };
const selector = { matchLabels: { a: 'b' } };

/** What goes wrong in the same way in every kind that has a selector and a template. */
const common: Changes = {
  'without a selector': { 'spec.selector': undefined },
  'with an empty selector': { 'spec.selector': {} },
  'with a selector of others': { 'spec.selector': { matchLabels: { a: 'c' } } },
  'with a bad selector': { 'spec.selector': { matchExpressions: [{ key: 'a', operator: 'Near', values: ['b'] }] } },
  'without containers': { 'spec.template.spec.containers': [] },
  'with pods that end': { 'spec.template.spec.restartPolicy': 'Never' },
  'with pods with a deadline': { 'spec.template.spec.activeDeadlineSeconds': 5 },
  'with negative readiness': { 'spec.minReadySeconds': -1 },
  'with a bad label in the template': { 'spec.template.metadata.labels': { a: 'b', c: 'd!' } },
  'with bad images': { 'spec.template.spec.containers': [{ name: 'c' }, { name: 'c', image: 'x' }] },
};

const changes: Changes = {
  'not at all': {},
  'the number': { 'spec.replicas': 2 },
  'the template': { 'spec.template.spec.containers.0.image': 'y' },
  'the selector': { 'spec.selector': { matchLabels: { a: 'c' } }, 'spec.template.metadata.labels': { a: 'c' } },
  'the status': { status: { replicas: 7 } },
  'its labels': { 'metadata.labels': { a: 'b' } },
};

const deployment = collection('apps/v1', 'deployments', 'Deployment', { replicas: 0, selector, template });
const replicaSet = collection('apps/v1', 'replicasets', 'ReplicaSet', { replicas: 0, selector, template });
const statefulSet = collection('apps/v1', 'statefulsets', 'StatefulSet', {
  replicas: 0,
  selector,
  template,
  serviceName: 's',
});
const daemonSet = collection('apps/v1', 'daemonsets', 'DaemonSet', { selector, template });
const job = collection('batch/v1', 'jobs', 'Job', {
  template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'x' }] } },
});
const cronJob = collection('batch/v1', 'cronjobs', 'CronJob', {
  schedule: '*/5 * * * *',
  jobTemplate: { spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'x' }] } } } },
});
const autoscaler = collection('autoscaling/v1', 'horizontalpodautoscalers', 'HorizontalPodAutoscaler', {
  scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'x' },
  maxReplicas: 5,
});
const budget = collection('policy/v1', 'poddisruptionbudgets', 'PodDisruptionBudget', { minAvailable: 1, selector });
const revision: Collection = {
  path: '/apis/apps/v1/namespaces/{ns}/controllerrevisions',
  base: {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: { name: 'x' },
    revision: 1,
    data: { a: 1 },
  } as never,
};

export const workloads: readonly Scenario[] = [
  creations('deployments', deployment, {
    ...common,
    'with negative numbers': {
      'spec.replicas': -1,
      'spec.revisionHistoryLimit': -1,
      'spec.progressDeadlineSeconds': -1,
    },
    'with a deadline before readiness': { 'spec.minReadySeconds': 10, 'spec.progressDeadlineSeconds': 5 },
    'with recreation': { 'spec.strategy': { type: 'Recreate' } },
    'with recreation that rolls': { 'spec.strategy': { type: 'Recreate', rollingUpdate: { maxSurge: 1 } } },
    'with an unknown strategy': { 'spec.strategy': { type: 'Hope' } },
    'that cannot roll': { 'spec.strategy': { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } },
    'with percentages': { 'spec.strategy': { rollingUpdate: { maxSurge: '50%', maxUnavailable: '10%' } } },
    'with too many percent': { 'spec.strategy': { rollingUpdate: { maxUnavailable: '101%' } } },
    'with words for numbers': { 'spec.strategy': { rollingUpdate: { maxSurge: 'many', maxUnavailable: -1 } } },
  }),
  replacements('deployments', deployment, changes),
  creations('replica sets', replicaSet, { ...common, 'with fewer than none': { 'spec.replicas': -1 } }),
  replacements('replica sets', replicaSet, changes),
  creations('stateful sets', statefulSet, {
    ...common,
    'with an unknown strategy': { 'spec.updateStrategy': { type: 'Hope' } },
    'with a partition on delete': { 'spec.updateStrategy': { type: 'OnDelete', rollingUpdate: { partition: 1 } } },
    'with a negative partition': { 'spec.updateStrategy': { type: 'RollingUpdate', rollingUpdate: { partition: -1 } } },
    'with an unknown pod management': { 'spec.podManagementPolicy': 'Any' },
    'with claims': {
      'spec.volumeClaimTemplates': [
        {
          metadata: { name: 'd' },
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
        },
      ],
    },
  }),
  replacements('stateful sets', statefulSet, {
    ...changes,
    'the service': { 'spec.serviceName': 'other' },
    'the pod management': { 'spec.podManagementPolicy': 'Parallel' },
    'the strategy': { 'spec.updateStrategy': { type: 'OnDelete' } },
  }),
  creations('daemon sets', daemonSet, {
    ...common,
    'with an unknown strategy': { 'spec.updateStrategy': { type: 'Hope' } },
    'that cannot roll': { 'spec.updateStrategy': { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0 } } },
    'on delete': { 'spec.updateStrategy': { type: 'OnDelete' } },
  }),
  replacements('daemon sets', daemonSet, changes),
  creations('jobs', job, {
    'with pods that always go on': { 'spec.template.spec.restartPolicy': 'Always' },
    'without a restart policy': { 'spec.template.spec.restartPolicy': undefined },
    'with negative numbers': {
      'spec.parallelism': -1,
      'spec.completions': -1,
      'spec.backoffLimit': -1,
      'spec.activeDeadlineSeconds': -1,
      'spec.ttlSecondsAfterFinished': -1,
    },
    'with numbers': { 'spec.parallelism': 2, 'spec.completions': 4, 'spec.backoffLimit': 0 },
    'with a selector of its own': { 'spec.selector': selector },
    'with a manual selector of others': { 'spec.manualSelector': true, 'spec.selector': selector },
  }),
  replacements('jobs', job, {
    'the parallelism': { 'spec.parallelism': 3 },
    'the completions': { 'spec.completions': 3 },
    'the template': { 'spec.template.spec.containers.0.image': 'y' },
    'the deadline': { 'spec.activeDeadlineSeconds': 5 },
  }),
  creations('cron jobs', cronJob, {
    'with a bad schedule': { 'spec.schedule': '61 * * * *' },
    'without a schedule': { 'spec.schedule': undefined },
    'with an unknown policy': { 'spec.concurrencyPolicy': 'Perhaps' },
    'with negative numbers': {
      'spec.startingDeadlineSeconds': -1,
      'spec.successfulJobsHistoryLimit': -1,
      'spec.failedJobsHistoryLimit': -1,
    },
    'with a long name': { 'metadata.name': 'a'.repeat(53) },
    'every hour': { 'spec.schedule': '@hourly' },
    'with pods that always go on': { 'spec.jobTemplate.spec.template.spec.restartPolicy': 'Always' },
  }),
  creations('autoscalers', autoscaler, {
    'with max below min': { 'spec.minReplicas': 6 },
    'with no max': { 'spec.maxReplicas': undefined },
    'with min zero': { 'spec.minReplicas': 0 },
    'with no target': { 'spec.scaleTargetRef': undefined },
    'with a target of no kind': { 'spec.scaleTargetRef': { name: 'x' } },
    'with a target of no good name': { 'spec.scaleTargetRef': { kind: 'Deployment', name: 'a/b' } },
    'with a share of the processor': { 'spec.targetCPUUtilizationPercentage': 50 },
    'with a negative share': { 'spec.targetCPUUtilizationPercentage': -1 },
  }),
  replacements('autoscalers', autoscaler, {
    'the bounds': { 'spec.maxReplicas': 6 },
    'the status': { status: { currentReplicas: 1 } },
  }),
  creations('disruption budgets', budget, {
    'with both bounds': { 'spec.maxUnavailable': 1 },
    'with a negative bound': { 'spec.minAvailable': -1 },
    'with a percentage': { 'spec.minAvailable': '50%' },
    'with too many percent': { 'spec.minAvailable': '150%' },
    'with a word': { 'spec.minAvailable': 'most' },
    'with a bad selector': { 'spec.selector': { matchExpressions: [{ key: 'a', operator: 'Near' }] } },
  }),
  creations('revisions', revision, { 'with a negative number': { revision: -1 }, 'without data': { data: undefined } }),
  replacements('revisions', revision, { 'the data': { data: { a: 2 } }, 'the number': { revision: 2 } }),
];
