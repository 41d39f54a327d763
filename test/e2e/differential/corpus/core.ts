import { creations, replacements, type Change, type Collection, type Scenario } from '../request.ts';

type Changes = Readonly<Record<string, Change>>;

function collection(plural: string, kind: string, rest: object, namespaced = true): Collection {
  const base = { apiVersion: 'v1', kind, metadata: { name: namespaced ? 'x' : '{ns}-x' }, ...rest };
  return { path: namespaced ? `/api/v1/namespaces/{ns}/${plural}` : `/api/v1/${plural}`, base };
}

function both(what: string, of: Collection, created: Changes, replaced: Changes): Scenario[] {
  return [creations(what, of, created), replacements(what, of, replaced)];
}

const service = collection('services', 'Service', {
  spec: { selector: { app: 'web' }, ports: [{ port: 80 }], clusterIP: 'None' },
});
const port = (change: object) => ({ 'spec.ports': [{ port: 80, ...change }] });

const services = both(
  'services',
  service,
  {
    'with named ports': {
      'spec.ports': [
        { name: 'a', port: 80, targetPort: 'http' },
        { name: 'b', port: 81, protocol: 'UDP' },
      ],
    },
    'of another name': {
      'spec.type': 'ExternalName',
      'spec.externalName': 'example.com',
      'spec.clusterIP': undefined,
      'spec.ports': undefined,
    },
    'of another name without it': { 'spec.type': 'ExternalName', 'spec.clusterIP': undefined },
    'of a bad other name': { 'spec.type': 'ExternalName', 'spec.externalName': 'Not OK', 'spec.clusterIP': undefined },
    'of an unknown type': { 'spec.type': 'Nope' },
    'without ports': { 'spec.ports': [], 'spec.clusterIP': undefined },
    'with unnamed ports': { 'spec.ports': [{ port: 80 }, { port: 81 }] },
    'with a port name twice': {
      'spec.ports': [
        { name: 'a', port: 80 },
        { name: 'a', port: 81 },
      ],
    },
    'with a port twice': {
      'spec.ports': [
        { name: 'a', port: 80 },
        { name: 'b', port: 80 },
      ],
    },
    'with a bad port': port({ port: 0 }),
    'with a bad protocol': port({ protocol: 'ICMP' }),
    'with a bad target': port({ targetPort: 'Not_OK' }),
    'with a bad target number': port({ targetPort: 70000 }),
    'with a bad port name': port({ name: 'Not_OK' }),
    'with a node port of a ClusterIP': { 'spec.clusterIP': undefined, ...port({ nodePort: 30123 }) },
    'with a node port out of range': {
      'spec.type': 'NodePort',
      'spec.clusterIP': undefined,
      ...port({ nodePort: 80 }),
    },
    'with a cluster IP that is none': { 'spec.clusterIP': 'x' },
    'with a cluster IP out of range': { 'spec.clusterIP': '1.2.3.4' },
    'headless with node ports': { 'spec.type': 'NodePort' },
    'with bad session affinity': { 'spec.sessionAffinity': 'Nope' },
    'with affinity that is too short': {
      'spec.sessionAffinity': 'ClientIP',
      'spec.sessionAffinityConfig': { clientIP: { timeoutSeconds: 0 } },
    },
    'with affinity': { 'spec.sessionAffinity': 'ClientIP' },
    'with settings of affinity and none': { 'spec.sessionAffinityConfig': { clientIP: { timeoutSeconds: 5 } } },
    'with a bad selector': { 'spec.selector': { 'a b': 'c' } },
    'with bad outside addresses': { 'spec.externalIPs': ['x', '127.0.0.1'] },
    'with source ranges of a ClusterIP': { 'spec.loadBalancerSourceRanges': ['10.0.0.0/8'] },
    'with bad source ranges': {
      'spec.type': 'LoadBalancer',
      'spec.clusterIP': undefined,
      'spec.loadBalancerSourceRanges': ['x'],
    },
    'with a policy of a ClusterIP': { 'spec.externalTrafficPolicy': 'Local' },
    'with a name that is no label': { 'metadata.name': '1a' },
    'with a health port and no policy': {
      'spec.type': 'LoadBalancer',
      'spec.clusterIP': undefined,
      'spec.healthCheckNodePort': 30000,
    },
  },
  {
    'the port': { 'spec.ports.0.port': 81 },
    'the cluster IP': { 'spec.clusterIP': '10.96.0.77' },
    'the type': { 'spec.type': 'ExternalName', 'spec.externalName': 'example.com', 'spec.clusterIP': undefined },
  },
);

const configMaps = both(
  'config maps',
  collection('configmaps', 'ConfigMap', { data: { a: 'b' } }),
  {
    'with a bad key': { data: { 'a/b': 'c' } },
    'with a long key': { data: { ['k'.repeat(254)]: 'c' } },
    'with .. as key': { data: { '..': 'c' } },
    'with one key twice': { binaryData: { a: 'YQ==' } },
    'with bytes': { binaryData: { b: 'YQ==' } },
    'with bytes that are none': { binaryData: { b: '!' } },
    'with a number as value': { data: { a: 1 } },
    'with too much data': { data: { a: 'x'.repeat(1024 * 1024 + 1) } },
    'that cannot change': { immutable: true },
  },
  { 'the data': { data: { a: 'c' } }, 'that it cannot change': { immutable: true } },
);

const immutable = both(
  'immutable secrets',
  collection('secrets', 'Secret', { immutable: true, data: { a: 'YQ==' } }),
  {},
  {
    'the data': { data: { a: 'Yg==' } },
    'that it cannot change': { immutable: false },
    'its labels': { 'metadata.labels': { a: 'b' } },
  },
);

const secrets = both(
  'secrets',
  collection('secrets', 'Secret', { data: { a: 'YQ==' } }),
  {
    'with text': { stringData: { a: 'x', b: 'y' } },
    'for registries without what they need': { type: 'kubernetes.io/dockerconfigjson' },
    'for registries with what is no JSON': {
      type: 'kubernetes.io/dockerconfigjson',
      data: { '~dockerconfigjson': 'YQ==' },
    },
    'for TLS without what it needs': { type: 'kubernetes.io/tls' },
    'for SSH without a key': { type: 'kubernetes.io/ssh-auth' },
    'for basic authentication without anything': { type: 'kubernetes.io/basic-auth' },
    'of an account without its name': { type: 'kubernetes.io/service-account-token' },
    'with a bad key': { data: { 'a b': 'YQ==' } },
    'of another type': { type: 'example.com/mine' },
  },
  { 'the type': { type: 'other' }, 'the data': { data: { b: 'YQ==' } } },
);

const node = both(
  'nodes',
  collection('nodes', 'Node', {}, false),
  {
    'with taints': { 'spec.taints': [{ key: 'a', value: 'b', effect: 'NoSchedule' }] },
    'with a bad taint': { 'spec.taints': [{ key: 'a b', value: 'b!', effect: 'Never' }] },
    'with one taint twice': {
      'spec.taints': [
        { key: 'a', effect: 'NoSchedule' },
        { key: 'a', effect: 'NoSchedule' },
      ],
    },
    'with a bad network': { 'spec.podCIDR': 'x', 'spec.podCIDRs': ['x'] },
    'with a provider': { 'spec.providerID': 'cloud://1' },
    'with a bad name': { 'metadata.name': 'a_b' },
  },
  {
    'the provider': { 'spec.providerID': 'cloud://2' },
    'the network': { 'spec.podCIDR': '10.1.0.0/24', 'spec.podCIDRs': ['10.1.0.0/24'] },
    'whether it takes pods': { 'spec.unschedulable': true },
  },
);

const namespaces = both(
  'namespaces',
  collection('namespaces', 'Namespace', {}, false),
  { 'with a bad name': { 'metadata.name': 'a.b' }, 'with a finalizer': { 'spec.finalizers': ['example.com/x'] } },
  { 'its labels': { 'metadata.labels': { a: 'b' } }, 'its finalizers': { 'spec.finalizers': [] } },
);

const pv = both(
  'persistent volumes',
  collection(
    'persistentvolumes',
    'PersistentVolume',
    {
      spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/tmp/x' } },
    },
    false,
  ),
  {
    'without capacity': { 'spec.capacity': undefined },
    'without modes': { 'spec.accessModes': [] },
    'with a bad mode': { 'spec.accessModes': ['Sometimes'] },
    'without a source': { 'spec.hostPath': undefined },
    'with two sources': { 'spec.nfs': { server: 'a', path: '/' } },
    'with a bad policy': { 'spec.persistentVolumeReclaimPolicy': 'Burn' },
    'with another resource': { 'spec.capacity': { cpu: '1' } },
    'with nothing in it': { 'spec.capacity': { storage: '0' } },
    'with a bad volume mode': { 'spec.volumeMode': 'Tape' },
    'with affinity without terms': { 'spec.nodeAffinity': { required: { nodeSelectorTerms: [] } } },
    'local without affinity': { 'spec.hostPath': undefined, 'spec.local': { path: '/x' } },
    'on /': { 'spec.hostPath': { path: '/' }, 'spec.persistentVolumeReclaimPolicy': 'Recycle' },
  },
  {
    'the capacity': { 'spec.capacity': { storage: '2Gi' } },
    'the source': { 'spec.hostPath': { path: '/tmp/y' } },
    'the policy': { 'spec.persistentVolumeReclaimPolicy': 'Delete' },
    'the class': { 'spec.storageClassName': 'fast' },
  },
);

const pvc = both(
  'claims',
  collection('persistentvolumeclaims', 'PersistentVolumeClaim', {
    spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'x', resources: { requests: { storage: '1Gi' } } },
  }),
  {
    'without modes': { 'spec.accessModes': undefined },
    'with a bad mode': { 'spec.accessModes': ['x'] },
    'without a size': { 'spec.resources': {} },
    'with a negative size': { 'spec.resources': { requests: { storage: '-1' } } },
    'with a bad selector': { 'spec.selector': { matchExpressions: [{ key: 'a', operator: 'In' }] } },
    'with a bad class': { 'spec.storageClassName': 'Bad Name' },
    'with a data source': {
      'spec.dataSource': { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: 's' },
    },
  },
  {
    'the size': { 'spec.resources': { requests: { storage: '2Gi' } } },
    'a smaller size': { 'spec.resources': { requests: { storage: '1' } } },
    'the class': { 'spec.storageClassName': 'y' },
    'the modes': { 'spec.accessModes': ['ReadWriteMany'] },
    'its labels': { 'metadata.labels': { a: 'b' } },
  },
);

const limits = both(
  'limit ranges',
  collection('limitranges', 'LimitRange', {
    spec: { limits: [{ type: 'Container', max: { cpu: '2' }, min: { cpu: '1' } }] },
  }),
  {
    'with min above max': { 'spec.limits': [{ type: 'Container', max: { cpu: '1' }, min: { cpu: '2' } }] },
    'with a default above max': { 'spec.limits': [{ type: 'Container', max: { cpu: '1' }, default: { cpu: '2' } }] },
    'with defaults of pods': { 'spec.limits': [{ type: 'Pod', default: { cpu: '1' } }] },
    'with a type twice': {
      'spec.limits': [
        { type: 'Pod', max: { cpu: '1' } },
        { type: 'Pod', max: { cpu: '1' } },
      ],
    },
    'with a ratio below one': { 'spec.limits': [{ type: 'Pod', maxLimitRequestRatio: { cpu: '0.5' } }] },
    'of claims without bounds': { 'spec.limits': [{ type: 'PersistentVolumeClaim' }] },
  },
  { 'a bound': { 'spec.limits.0.max': { cpu: '3' } } },
);

const quotas = both(
  'quotas',
  collection('resourcequotas', 'ResourceQuota', { spec: { hard: { pods: '5', 'requests.cpu': '1' } } }),
  {
    'with an unknown resource': { 'spec.hard': { gold: '1' } },
    'with a fraction of a pod': { 'spec.hard': { pods: '1.5' } },
    'with a negative number': { 'spec.hard': { pods: '-1' } },
    'with a scope': { 'spec.scopes': ['BestEffort'], 'spec.hard': { pods: '1' } },
    'with a scope that does not fit': { 'spec.scopes': ['BestEffort'] },
    'with scopes that exclude one another': {
      'spec.scopes': ['BestEffort', 'NotBestEffort'],
      'spec.hard': { pods: '1' },
    },
    'with an unknown scope': { 'spec.scopes': ['Nope'] },
    'with counts': { 'spec.hard': { 'count/deployments.apps': '1', 'count/x y': '2' } },
  },
  { 'the number': { 'spec.hard': { pods: '6' } }, 'the scopes': { 'spec.scopes': ['Terminating'] } },
);

const controllers = both(
  'replication controllers',
  collection('replicationcontrollers', 'ReplicationController', {
    spec: {
      replicas: 0,
      template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'x' }] } },
    },
  }),
  {
    'with a selector of others': { 'spec.selector': { a: 'c' } },
    'with fewer than none': { 'spec.replicas': -1 },
    'without a template': { 'spec.template': undefined },
    'with pods that end': { 'spec.template.spec.restartPolicy': 'Never' },
  },
  { 'the number': { 'spec.replicas': 1 }, 'the template': { 'spec.template.spec.containers.0.image': 'y' } },
);

const endpoints = both(
  'endpoints',
  collection('endpoints', 'Endpoints', { subsets: [{ addresses: [{ ip: '10.0.0.1' }], ports: [{ port: 80 }] }] }),
  {
    'with a bad address': { 'subsets.0.addresses.0.ip': 'x' },
    'with an own address': { 'subsets.0.addresses.0.ip': '127.0.0.1' },
    'with unnamed ports': { 'subsets.0.ports': [{ port: 80 }, { port: 81 }] },
    'with a bad port': { 'subsets.0.ports': [{ port: 0 }] },
    'without addresses': { 'subsets.0.addresses': [] },
    'out of order': { 'subsets.0.addresses': [{ ip: '10.0.0.2' }, { ip: '10.0.0.1' }] },
  },
  { 'the address': { 'subsets.0.addresses.0.ip': '10.0.0.3' } },
);

const accounts = both(
  'accounts',
  collection('serviceaccounts', 'ServiceAccount', {}),
  { 'with secrets': { secrets: [{ name: 'a' }] }, 'with a bad name': { 'metadata.name': 'A' } },
  { 'its secrets': { imagePullSecrets: [{ name: 'b' }] } },
);

export const core: readonly Scenario[] = [
  ...services,
  ...configMaps,
  ...immutable,
  ...secrets,
  ...node,
  ...namespaces,
  ...pv,
  ...pvc,
  ...limits,
  ...quotas,
  ...controllers,
  ...endpoints,
  ...accounts,
];
