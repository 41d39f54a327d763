import { creations, replacements, type Collection, type Scenario } from '../request.ts';

function collection(group: string, plural: string, kind: string, rest: object, name?: string): Collection {
  const base = { apiVersion: group, kind, metadata: { name: name ?? 'x' }, ...rest };
  return { path: name ? `/apis/${group}/${plural}` : `/apis/${group}/namespaces/{ns}/${plural}`, base };
}

const ingress = collection('networking.k8s.io/v1', 'ingresses', 'Ingress', {
  spec: {
    rules: [
      {
        host: 'a.example.com',
        http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 's', port: { number: 80 } } } }] },
      },
    ],
  },
});
const backend = (change: object) => ({ 'spec.rules.0.http.paths.0.backend': change });
const policy = collection('networking.k8s.io/v1', 'networkpolicies', 'NetworkPolicy', {
  spec: { podSelector: {}, ingress: [{ from: [{ podSelector: {} }] }] },
});
const role = collection('rbac.authorization.k8s.io/v1', 'roles', 'Role', {
  rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
});
const clusterRole = collection(
  'rbac.authorization.k8s.io/v1',
  'clusterroles',
  'ClusterRole',
  { rules: [{ nonResourceURLs: ['/metrics'], verbs: ['get'] }] },
  'differential',
);
const binding = collection('rbac.authorization.k8s.io/v1', 'rolebindings', 'RoleBinding', {
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' },
  subjects: [{ kind: 'User', name: 'u', apiGroup: 'rbac.authorization.k8s.io' }],
});
const storageClass = collection(
  'storage.k8s.io/v1',
  'storageclasses',
  'StorageClass',
  { provisioner: 'example.com/p' },
  'differential',
);
const driver = collection('storage.k8s.io/v1', 'csidrivers', 'CSIDriver', { spec: {} }, 'differential.example.com');
const attachment = collection(
  'storage.k8s.io/v1',
  'volumeattachments',
  'VolumeAttachment',
  { spec: { attacher: 'a', nodeName: 'n', source: { persistentVolumeName: 'v' } } },
  'differential',
);
const priority = collection('scheduling.k8s.io/v1', 'priorityclasses', 'PriorityClass', { value: 5 }, 'differential');
const runtime = collection('node.k8s.io/v1', 'runtimeclasses', 'RuntimeClass', { handler: 'h' }, 'differential');
const lease = collection('coordination.k8s.io/v1', 'leases', 'Lease', {
  spec: { holderIdentity: 'a', leaseDurationSeconds: 5 },
});
const slice = collection('discovery.k8s.io/v1', 'endpointslices', 'EndpointSlice', {
  addressType: 'IPv4',
  endpoints: [{ addresses: ['10.0.0.1'] }],
  ports: [{ name: 'http', port: 80 }],
});
const webhook = collection(
  'admissionregistration.k8s.io/v1',
  'validatingwebhookconfigurations',
  'ValidatingWebhookConfiguration',
  {
    webhooks: [
      {
        name: 'a.example.com',
        clientConfig: { url: 'https://127.0.0.1:1/x' },
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        rules: [
          { apiGroups: ['never.example.com'], apiVersions: ['v1'], resources: ['nothing'], operations: ['CREATE'] },
        ],
      },
    ],
  },
  'differential',
);
const definition = collection(
  'apiextensions.k8s.io/v1',
  'customresourcedefinitions',
  'CustomResourceDefinition',
  {
    spec: {
      group: 'differential.example.com',
      scope: 'Namespaced',
      names: { plural: 'things', kind: 'Thing' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
    },
  },
  'things.differential.example.com',
);

export const groups: readonly Scenario[] = [
  creations('ingresses', ingress, {
    'without rules': { 'spec.rules': undefined },
    'with a bad host': { 'spec.rules.0.host': 'not ok' },
    'with an address as host': { 'spec.rules.0.host': '1.2.3.4' },
    'with a wildcard': { 'spec.rules.0.host': '*.example.com' },
    'with a bad wildcard': { 'spec.rules.0.host': 'a.*.com' },
    'with a relative path': { 'spec.rules.0.http.paths.0.path': 'x' },
    'with a path that climbs': { 'spec.rules.0.http.paths.0.path': '/a/../b' },
    'without a path type': { 'spec.rules.0.http.paths.0.pathType': undefined },
    'with an unknown path type': { 'spec.rules.0.http.paths.0.pathType': 'Fuzzy' },
    'without paths': { 'spec.rules.0.http.paths': [] },
    'without a backend': backend({}),
    'with a backend without a port': backend({ service: { name: 's' } }),
    'with a backend with both ports': backend({ service: { name: 's', port: { number: 80, name: 'http' } } }),
    'with two backends': backend({ service: { name: 's', port: { number: 80 } }, resource: { kind: 'x', name: 'y' } }),
    'with a bad secret': { 'spec.tls': [{ secretName: 'Not OK', hosts: ['not ok'] }] },
    'with a bad class': { 'spec.ingressClassName': 'Not OK' },
    'with only a default': {
      'spec.rules': undefined,
      'spec.defaultBackend': { service: { name: 's', port: { name: 'http' } } },
    },
  }),
  replacements('ingresses', ingress, { 'the host': { 'spec.rules.0.host': 'b.example.com' } }),
  creations('network policies', policy, {
    'with a bad selector': { 'spec.podSelector': { matchLabels: { 'a b': 'c' } } },
    'with an empty peer': { 'spec.ingress': [{ from: [{}] }] },
    'with a block and a selector': {
      'spec.ingress': [{ from: [{ podSelector: {}, ipBlock: { cidr: '10.0.0.0/8' } }] }],
    },
    'with a bad block': { 'spec.ingress': [{ from: [{ ipBlock: { cidr: 'x' } }] }] },
    'with an exception outside': {
      'spec.ingress': [{ from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['11.0.0.0/16'] } }] }],
    },
    'with ports': { 'spec.ingress': [{ ports: [{ port: 80 }, { port: 'http', protocol: 'UDP' }] }] },
    'with bad ports': { 'spec.ingress': [{ ports: [{ port: 0 }, { port: 'NOT_OK', protocol: 'ICMP' }] }] },
    'of unknown types': { 'spec.policyTypes': ['Sideways'] },
    'of too many types': { 'spec.policyTypes': ['Ingress', 'Egress', 'Ingress'] },
    outwards: { 'spec.egress': [{ to: [{ namespaceSelector: {} }] }], 'spec.ingress': undefined },
  }),
  creations('roles', role, {
    'without verbs': { 'rules.0.verbs': [] },
    'without groups': { 'rules.0.apiGroups': [] },
    'without resources': { 'rules.0.resources': [] },
    'for paths': { 'rules.0': { nonResourceURLs: ['/x'], verbs: ['get'] } },
    'without rules': { rules: undefined },
    'with a name that roles may have': { 'metadata.name': 'system:x' },
    'with a name that none may have': { 'metadata.name': 'a/b' },
  }),
  creations('cluster roles', clusterRole, {
    'for paths and resources': { 'rules.0.resources': ['pods'], 'rules.0.apiGroups': [''] },
    aggregated: { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] }, rules: undefined },
    'aggregated from nothing': { aggregationRule: { clusterRoleSelectors: [] }, rules: undefined },
  }),
  creations('role bindings', binding, {
    'to nothing': { roleRef: undefined },
    'to an unknown kind': { 'roleRef.kind': 'Nope' },
    'to an unknown group': { 'roleRef.apiGroup': 'nope' },
    'of an unknown kind': { 'subjects.0.kind': 'Nope' },
    'of an account without a namespace': { subjects: [{ kind: 'ServiceAccount', name: 'a' }] },
    'of a user without a name': { subjects: [{ kind: 'User', name: '' }] },
    'of nobody': { subjects: undefined },
    'of a group': { subjects: [{ kind: 'Group', name: 'g' }] },
  }),
  replacements('role bindings', binding, { 'the role': { 'roleRef.name': 'other' }, 'the subjects': { subjects: [] } }),
  creations('storage classes', storageClass, {
    'without a provisioner': { provisioner: undefined },
    'with a bad policy': { reclaimPolicy: 'Burn' },
    'with a bad mode': { volumeBindingMode: 'Perhaps' },
    'with parameters': { parameters: { a: 'b' } },
    'with an empty parameter': { parameters: { '': 'b' } },
  }),
  replacements('storage classes', storageClass, {
    'the provisioner': { provisioner: 'other' },
    'the parameters': { parameters: { a: 'b' } },
    'the policy': { reclaimPolicy: 'Retain' },
    'the growth': { allowVolumeExpansion: true },
  }),
  creations('CSI drivers', driver, { 'with unknown modes': { 'spec.volumeLifecycleModes': ['Nope'] } }),
  creations('volume attachments', attachment, {
    'of nobody': { 'spec.attacher': '' },
    'to no node': { 'spec.nodeName': '' },
    'of nothing': { 'spec.source': {} },
  }),
  creations('priority classes', priority, {
    'of the system': { 'metadata.name': 'system-x' },
    'of too high a value': { value: 1000000001 },
    'with an unknown preemption': { preemptionPolicy: 'Nope' },
    'for all': { globalDefault: true },
  }),
  replacements('priority classes', priority, { 'the value': { value: 6 }, 'the words': { description: 'x' } }),
  creations('runtime classes', runtime, {
    'without a handler': { handler: undefined },
    'with a bad handler': { handler: 'Not_OK' },
    'with costs': { overhead: { podFixed: { cpu: '100m' } } },
    'with negative costs': { overhead: { podFixed: { cpu: '-1' } } },
    'with places': { scheduling: { nodeSelector: { a: 'b' }, tolerations: [{ key: 'a', operator: 'Exists' }] } },
  }),
  replacements('runtime classes', runtime, { 'the handler': { handler: 'i' } }),
  creations('leases', lease, {
    'for less than no time': { 'spec.leaseDurationSeconds': 0 },
    'with negative transitions': { 'spec.leaseTransitions': -1 },
    'with times': { 'spec.renewTime': '2024-01-02T03:04:05.123456Z' },
    'with a time that is none': { 'spec.renewTime': 'now' },
  }),
  creations('endpoint slices', slice, {
    'with a bad address': { 'endpoints.0.addresses': ['x'] },
    'without addresses': { 'endpoints.0.addresses': [] },
    'of an unknown type': { addressType: 'Nope' },
    'with a port name twice': {
      ports: [
        { name: 'a', port: 1 },
        { name: 'a', port: 2 },
      ],
    },
    'with a bad protocol': { ports: [{ port: 1, protocol: 'ICMP' }] },
  }),
  creations('webhooks', webhook, {
    'without a name': { 'webhooks.0.name': '' },
    'with a short name': { 'webhooks.0.name': 'a' },
    'over plain HTTP': { 'webhooks.0.clientConfig': { url: 'http://x/' } },
    'with two places': { 'webhooks.0.clientConfig': { url: 'https://x/', service: { namespace: 'a', name: 'b' } } },
    'with none': { 'webhooks.0.clientConfig': {} },
    'without versions': { 'webhooks.0.admissionReviewVersions': [] },
    'with unknown versions': { 'webhooks.0.admissionReviewVersions': ['v7'] },
    'with unknown effects': { 'webhooks.0.sideEffects': 'Some' },
    'with a long time': { 'webhooks.0.timeoutSeconds': 31 },
    'with an unknown operation': { 'webhooks.0.rules.0.operations': ['READ'] },
    'with an unknown policy': { 'webhooks.0.failurePolicy': 'Perhaps' },
    'without resources': { 'webhooks.0.rules.0.resources': [] },
  }),
  creations('custom resource definitions', definition, {
    'with another name': { 'metadata.name': 'others.differential.example.com' },
    'without versions': { 'spec.versions': [] },
    'without a stored version': { 'spec.versions.0.storage': false },
    'with an unknown scope': { 'spec.scope': 'Everywhere' },
    'without a schema': { 'spec.versions.0.schema': undefined },
    'with a schema without a type': { 'spec.versions.0.schema.openAPIV3Schema': { properties: { a: {} } } },
    'with a bad kind': { 'spec.names.kind': 'not ok' },
    'with a bad version': { 'spec.versions.0.name': 'V_1' },
    'with columns': {
      'spec.versions.0.additionalPrinterColumns': [{ name: 'A', type: 'string', jsonPath: '.spec.a' }],
    },
    'with bad columns': {
      'spec.versions.0.additionalPrinterColumns': [{ name: 'A', type: 'text', jsonPath: 'spec.a' }],
    },
    'with scale': {
      'spec.versions.0.subresources': { scale: { specReplicasPath: '.spec.r', statusReplicasPath: '.status.r' } },
    },
    'with bad scale': {
      'spec.versions.0.subresources': { scale: { specReplicasPath: 'x', statusReplicasPath: '.spec.r' } },
    },
    'with conversion by nobody': { 'spec.conversion': { strategy: 'Webhook' } },
  }),
];
