import { creations, replacements, type Collection, type Scenario } from '../request.ts';

function collection(at: string, kind: string, rest: object, name = 'x'): Collection {
  const [apiVersion, plural] = [at.slice(0, at.lastIndexOf('/')), at.slice(at.lastIndexOf('/') + 1)];
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const path = name === 'x' ? `${root}/namespaces/{ns}/${plural}` : `${root}/${plural}`;
  return { path, base: { apiVersion, kind, metadata: { name }, ...rest } };
}

const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'x:1' }] } };
const pod = collection('v1/pods', 'Pod', { spec: template.spec });
const deployment = collection('apps/v1/deployments', 'Deployment', {
  spec: { selector: { matchLabels: { a: 'b' } }, template },
});
const controller = collection('v1/replicationcontrollers', 'ReplicationController', {
  spec: { selector: { a: 'b' }, template },
});
const claim = collection('v1/persistentvolumeclaims', 'PersistentVolumeClaim', {
  spec: {
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage: '1Gi' } },
    storageClassName: 's',
    dataSource: { kind: 'PersistentVolumeClaim', name: 'other' },
  },
});
const range = collection('v1/limitranges', 'LimitRange', {
  spec: { limits: [{ type: 'Container', max: { cpu: '2' } }] },
});
const quota = collection('v1/resourcequotas', 'ResourceQuota', { spec: { hard: { pods: '10' } } });
const endpoints = collection('v1/endpoints', 'Endpoints', {
  subsets: [
    { addresses: [{ ip: '10.0.0.1', hostname: '', targetRef: { kind: '', name: 'p' } }], ports: [{ port: 80 }] },
  ],
});
const policy = collection('networking.k8s.io/v1/networkpolicies', 'NetworkPolicy', {
  spec: { podSelector: {}, ingress: [{ ports: [{ port: 80 }] }] },
});
const ingress = collection('networking.k8s.io/v1/ingresses', 'Ingress', {
  spec: {
    rules: [
      {
        http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 's', port: { number: 80 } } } }] },
      },
    ],
  },
});
const binding = collection('rbac.authorization.k8s.io/v1/rolebindings', 'RoleBinding', {
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' },
  subjects: [{ kind: 'User', name: 'u', apiGroup: '', namespace: '' }],
});
const clusterRole = collection(
  'rbac.authorization.k8s.io/v1/clusterroles',
  'ClusterRole',
  { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] } },
  'differential-odd',
);
const priority = collection(
  'scheduling.k8s.io/v1/priorityclasses',
  'PriorityClass',
  { value: 5, description: '', globalDefault: false },
  'differential-odd',
);
const runtime = collection('node.k8s.io/v1/runtimeclasses', 'RuntimeClass', { handler: 'h' }, 'differential-odd');
const attachment = collection(
  'storage.k8s.io/v1/volumeattachments',
  'VolumeAttachment',
  { spec: { attacher: 'a', nodeName: 'n', source: { persistentVolumeName: 'v' } } },
  'differential-odd',
);
const revision = collection('apps/v1/controllerrevisions', 'ControllerRevision', { data: { a: 1 } });
const toleration = { key: 'a', operator: 'Exists' };
const container = (change: object) => ({ 'spec.containers.0': { name: 'c', image: 'x:1', ...change } });
const volume = (source: object) => ({ 'spec.volumes': [{ name: 'v', ...source }] });

/** What came out when every field of every kind was set to odd values: one case of each kind of fault. */
export const oddValues: readonly Scenario[] = [
  creations('odd pods', pod, {
    'with zeros that say nothing': {
      'spec.hostNetwork': false,
      'spec.hostname': '',
      'spec.nodeName': '',
      'spec.securityContext': { seLinuxOptions: { level: '', user: '' } },
      'spec.tolerations': [{ key: '', operator: 'Exists', value: '', effect: '' }],
      'spec.imagePullSecrets': [{ name: '' }],
      ...container({
        tty: false,
        workingDir: '',
        env: [{ name: 'A', value: '' }],
        envFrom: [{ prefix: '', secretRef: { name: 's' } }],
        ports: [{ name: '', containerPort: 80, hostPort: 0, hostIP: '', protocol: '' }],
        livenessProbe: { initialDelaySeconds: 0, httpGet: { host: '', path: '', port: 80, scheme: '' } },
      }),
    },
    'with volumes of zeros': {
      'spec.volumes': [
        { name: 'a', emptyDir: { medium: '' } },
        { name: 'b', nfs: { server: 's', path: '/p', readOnly: false } },
        { name: 'c', awsElasticBlockStore: { volumeID: 'v', fsType: '', partition: 0 } },
        { name: 'd', gitRepo: { repository: 'r', revision: '', directory: '' } },
        { name: 'e', persistentVolumeClaim: { claimName: 'c', readOnly: false } },
        { name: 'f', projected: { sources: [{ serviceAccountToken: { path: 't', audience: '' } }] } },
      ],
    },
    'with zeros that say something': { 'spec.terminationGracePeriodSeconds': 0, 'spec.priority': 0 },
    'with an image that is none': container({ image: 'Bad Value!' }),
    'with variables from a bad map': container({ envFrom: [{ configMapRef: { name: 'Not OK' } }] }),
    'with variables from a bad secret': container({ envFrom: [{ secretRef: { name: 'Not OK' } }] }),
    'with nfs without anything': volume({ nfs: {} }),
    'with a bad secret of a driver': volume({ csi: { driver: 'd', nodePublishSecretRef: { name: 'Not OK' } } }),
  }),
  creations('odd deployments', deployment, {
    'with zeros': { 'spec.paused': false, 'spec.minReadySeconds': 0, 'spec.template.metadata.name': '' },
    'with an empty runtime class': { 'spec.template.spec.runtimeClassName': '' },
    'with an empty preemption policy': { 'spec.template.spec.preemptionPolicy': '' },
  }),
  creations('odd replication controllers', controller, {
    'with a selector that is none': { 'spec.selector': { a: 'b', 'not ok': 'x' } },
  }),
  creations('odd claims', claim, {
    'filled from nothing': { 'spec.dataSource': {} },
    'filled from another kind': { 'spec.dataSource': { kind: 'Pod', name: 'p' } },
    'with an empty volume': { 'spec.volumeName': '' },
  }),
  replacements('odd claims', claim, {
    'by the same': {},
    'by one with labels': { 'metadata.labels': { a: 'b' } },
    'the mode': { 'spec.volumeMode': 'Block' },
  }),
  creations('odd limit ranges', range, {
    'with storage of containers': { 'spec.limits.0.max': { storage: '1' }, 'spec.limits.0.default': { storage: '1' } },
    'with defaults of pods': { 'spec.limits': [{ type: 'Pod', default: { 'not ok': '1' } }] },
  }),
  creations('odd quotas', quota, {
    'with parts of objects': { 'spec.hard': { 'count/configmaps': '0.5', 'example.com/gpu': '1.5' } },
    'with a selector of nothing': { 'spec.scopeSelector': { matchExpressions: [{}] } },
  }),
  creations('odd endpoints', endpoints, { 'on a node without a name': { 'subsets.0.addresses.0.nodeName': '' } }),
  creations('odd network policies', policy, { 'of no protocol': { 'spec.ingress.0.ports.0.protocol': '' } }),
  creations('odd ingresses', ingress, {
    'with an empty path': { 'spec.rules.0.http.paths': [{}] },
    'with an empty path type': { 'spec.rules.0.http.paths.0.pathType': '' },
    'with an empty host': { 'spec.rules.0.host': '' },
  }),
  creations('odd role bindings', binding, {}),
  creations('odd cluster roles', clusterRole, {
    'with a bad selector': { 'aggregationRule.clusterRoleSelectors': [{ matchLabels: { 'not ok': 'b' } }] },
  }),
  creations('odd priority classes', priority, {}),
  replacements('odd priority classes', priority, { 'the preemption': { preemptionPolicy: 'Never' } }),
  creations('odd runtime classes', runtime, {
    'with a toleration twice': { scheduling: { tolerations: [toleration, toleration] } },
    'with an unknown toleration': { scheduling: { tolerations: [{ key: 'a', operator: 'Near' }] } },
  }),
  creations('odd volume attachments', attachment, {
    'of a bad volume': { 'spec.source.persistentVolumeName': 'Not OK' },
    'of an empty volume': { 'spec.source.persistentVolumeName': '' },
  }),
  creations('odd controller revisions', revision, {}),
];
