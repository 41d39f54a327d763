import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { kinds } from '../../src/api/index.ts';
import type { Kind } from '../../src/apimachinery/kind.ts';

const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
const webhook = {
  name: 'a.b.c',
  clientConfig: { url: 'https://a.b' },
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
};

/** Objects of the kinds that the file of manifests lacks. */
const more = [
  { apiVersion: 'v1', kind: 'ConfigMap', data: { a: 'b' } },
  { apiVersion: 'v1', kind: 'Secret', data: { a: 'Yg==' } },
  { apiVersion: 'v1', kind: 'ServiceAccount' },
  { apiVersion: 'v1', kind: 'Pod', spec: template.spec },
  { apiVersion: 'v1', kind: 'PodTemplate', template },
  { apiVersion: 'v1', kind: 'ReplicationController', spec: { template } },
  { apiVersion: 'v1', kind: 'Service', spec: { ports: [{ port: 80 }] } },
  { apiVersion: 'v1', kind: 'Endpoints', subsets: [{ addresses: [{ ip: '10.0.0.1' }], ports: [{ port: 80 }] }] },
  { apiVersion: 'v1', kind: 'LimitRange', spec: { limits: [{ type: 'Pod', max: { cpu: '1' } }] } },
  { apiVersion: 'v1', kind: 'ResourceQuota', spec: { hard: { pods: '9' } } },
  { apiVersion: 'v1', kind: 'Event', involvedObject: { namespace: 'default' }, reason: 'r', message: 'm' },
  {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/a' } },
  },
  {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  },
  { apiVersion: 'v1', kind: 'Node' },
  { apiVersion: 'v1', kind: 'Namespace' },
  { apiVersion: 'apps/v1', kind: 'ReplicaSet', spec: { selector: { matchLabels: { a: 'b' } }, template } },
  { apiVersion: 'apps/v1', kind: 'ControllerRevision', revision: 1, data: { a: 1 } },
  {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    eventTime: '2026-01-01T00:00:00.000000Z',
    reportingController: 'a.b/c',
    reportingInstance: 'i',
    action: 'a',
    reason: 'r',
    type: 'Normal',
    regarding: { namespace: 'default' },
  },
  { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', rules: [] },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'x' },
  },
  {
    apiVersion: 'flowcontrol.apiserver.k8s.io/v1',
    kind: 'PriorityLevelConfiguration',
    spec: { type: 'Limited', limited: { limitResponse: { type: 'Reject' } } },
  },
  { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'MutatingWebhookConfiguration', webhooks: [webhook] },
  { apiVersion: 'networking.k8s.io/v1', kind: 'ServiceCIDR', spec: { cidrs: ['10.200.0.0/24'] } },
  { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'MutatingAdmissionPolicyBinding', spec: { policyName: 'p' } },
];

/** One object of every kind that can be made without keys and certificates. */
export function samples(): any[] {
  const text = readFileSync(new URL('../e2e/manifests/every-group.yaml', import.meta.url), 'utf8');
  const written = parseAllDocuments(text).map((document) => document.toJS());
  const named = more.map((object) => ({ ...object, metadata: { name: object.kind.toLowerCase() } }));
  return [...written, ...named].filter((object) => object?.kind);
}

/** The kind that an object says it is of. */
export function kindOf({ apiVersion, kind }: any): Kind {
  const [version, group = ''] = apiVersion.split('/').toReversed();
  return kinds.find((k) => k.group === group && k.version === version && k.kind === kind)!;
}

/** Where objects of a kind are made. */
export function collectionOf({ group, version, plural, namespaced }: Kind): string {
  return `${group ? `/apis/${group}` : '/api'}/${version}${namespaced ? '/namespaces/default' : ''}/${plural}`;
}
