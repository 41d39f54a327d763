import type { Scenario, Step } from '../request.ts';

const maps = '/api/v1/namespaces/{ns}/configmaps';
const deployments = '/apis/apps/v1/namespaces/{ns}/deployments';
const map = (name: string, rest: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...rest },
  data: { a: 'b' },
});
const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'd', labels: { app: 'd' } },
  spec: {
    replicas: 0,
    selector: { matchLabels: { a: 'b' } },
    template: {
      metadata: { labels: { a: 'b' } },
      spec: {
        containers: [
          { name: 'c', image: 'x' },
          { name: 'd', image: 'y' },
        ],
      },
    },
  },
};

const get = (name: string, path: string, headers?: Record<string, string>): Step => ({
  name,
  method: 'GET',
  path,
  ...(headers && { headers }),
});
const post = (name: string, path: string, body: unknown): Step => ({ name, method: 'POST', path, body });
const put = (name: string, path: string, body: unknown): Step => ({ name, method: 'PUT', path, body });
const remove = (name: string, path: string, body?: unknown): Step => ({ name, method: 'DELETE', path, body });
const patch = (name: string, type: string, path: string, body: unknown): Step => ({
  name,
  method: 'PATCH',
  path,
  body,
  headers: { 'content-type': `application/${type}+json` },
});

const reading: Scenario = {
  name: 'get and list',
  steps: [
    ...['a', 'b', 'c', 'd'].map((n, i) =>
      post(`create ${n}`, maps, map(n, { labels: { n, even: String(i % 2 === 1), app: 'x' } })),
    ),
    get('one', `${maps}/a`),
    get('none', `${maps}/nope`),
    get('none of an unknown resource', '/api/v1/namespaces/{ns}/nopes/a'),
    get('an unknown group', '/apis/nope.example.com/v1/nopes'),
    get('an unknown version', '/apis/apps/v7/deployments'),
    get('an unknown path', '/nope'),
    get('an unknown subresource', `${maps}/a/nope`),
    get('a namespaced one without a namespace', '/api/v1/configmaps/a'),
    get('a version that is none', `${maps}/a?resourceVersion=x`),
    get('all', `${maps}?labelSelector=app`),
    get('by equality', `${maps}?labelSelector=even=true`),
    get('by inequality', `${maps}?labelSelector=app,even!=true`),
    get('by a set', `${maps}?labelSelector=n in (a,c)`),
    get('by a set of others', `${maps}?labelSelector=app,n notin (a,c)`),
    get('by absence', `${maps}?labelSelector=!app,n`),
    get('by nonsense', `${maps}?labelSelector=a in`),
    get('by a bad label', `${maps}?labelSelector=a=b c`),
    get('by name', `${maps}?fieldSelector=metadata.name=b`),
    get('by other names', `${maps}?labelSelector=app&fieldSelector=metadata.name!=b`),
    get('by an unknown field', `${maps}?fieldSelector=data.a=b`),
    get('by a field that is none', `${maps}?fieldSelector=metadata.name`),
    get('two', `${maps}?labelSelector=app&limit=2`),
    get('the next two', `${maps}?labelSelector=app&limit=2&continue={continue:two}`),
    get('from a place that is none', `${maps}?limit=2&continue=x`),
    get('a negative number', `${maps}?limit=-1&labelSelector=app`),
    get('a number that is none', `${maps}?limit=x`),
    get('as of any time', `${maps}?labelSelector=app&resourceVersion=0`),
    get('as of a time that is none', `${maps}?resourceVersion=x`),
    get('exactly as of then', `${maps}?labelSelector=app&resourceVersion={rv:create b}&resourceVersionMatch=Exact`),
    get(
      'not older than then',
      `${maps}?labelSelector=app&resourceVersion={rv:create b}&resourceVersionMatch=NotOlderThan`,
    ),
    get('exactly of no time', `${maps}?resourceVersionMatch=Exact`),
    get('exactly of any time', `${maps}?resourceVersion=0&resourceVersionMatch=Exact`),
    get('of an unknown match', `${maps}?resourceVersion=1&resourceVersionMatch=Nope`),
    get('going on from another time', `${maps}?continue={continue:two}&resourceVersion=1`),
    get('as a table', `${maps}?labelSelector=app`, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' }),
    get('one as a table', `${maps}/a`, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' }),
    get('one as metadata', `${maps}/a`, { accept: 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io' }),
    get('all as metadata', `${maps}?labelSelector=app`, {
      accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
    }),
    get('as what nobody knows', `${maps}/a`, { accept: 'text/csv' }),
    get('as a table of what nobody knows', `${maps}/a`, { accept: 'application/json;as=Table;v=v9;g=meta.k8s.io' }),
    get('one as YAML', `${maps}/nope`, { accept: 'application/yaml' }),
  ],
};

const writing: Scenario = {
  name: 'create, replace and delete',
  steps: [
    post('create', maps, map('a')),
    post('again', maps, map('a')),
    post('another kind', maps, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x' } }),
    post('another version', maps, { apiVersion: 'v7', kind: 'ConfigMap', metadata: { name: 'x' } }),
    post('without a type', maps, { metadata: { name: 'untyped' } }),
    post('to an unknown resource', '/api/v1/namespaces/{ns}/nopes', map('x')),
    post('in no namespace', '/api/v1/namespaces/nope-there-is-none/configmaps', map('x')),
    post('without a body', maps, ''),
    post('with what is no JSON', maps, '{"a":'),
    post('with a list', maps, '[]'),
    post('with a word', maps, '"x"'),
    post('with an unknown dry run', `${maps}?dryRun=Some`, map('x')),
    post('with a dry run', `${maps}?dryRun=All`, map('dry')),
    get('and nothing is there', `${maps}/dry`),
    post('with a long manager', `${maps}?fieldManager=${'m'.repeat(129)}`, map('x')),
    post('with a manager that cannot be printed', `${maps}?fieldManager=%07`, map('x')),
    post('to one', `${maps}/a`, map('a')),
    { name: 'in an unknown form', method: 'POST', path: maps, body: 'x', headers: { 'content-type': 'text/csv' } },
    {
      name: 'in YAML',
      method: 'POST',
      path: maps,
      body: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: y}\ndata: {a: "1"}\n',
      headers: { 'content-type': 'application/yaml' },
    },
    { name: 'in bad YAML', method: 'POST', path: maps, body: 'a: [', headers: { 'content-type': 'application/yaml' } },
    post('with a name to be made', `${maps}?dryRun=All`, { metadata: { generateName: 'Bad_' } }),
    put('replace', `${maps}/a`, { ...map('a'), data: { a: 'c' } }),
    put('with another name', `${maps}/a`, map('b')),
    put('without a name', `${maps}/a`, { data: {} }),
    put('in another namespace', `${maps}/a`, map('a', { namespace: 'other' })),
    put('what is not there', `${maps}/nope`, map('nope')),
    put('an old version', `${maps}/a`, map('a', { resourceVersion: '{rv:create}' })),
    put('the current version', `${maps}/a`, map('a', { resourceVersion: '{rv:replace}' })),
    put('another identity', `${maps}/a`, map('a', { uid: 'x' })),
    put('the collection', maps, map('a')),
    remove('what is not there', `${maps}/nope2`),
    remove('of another identity', `${maps}/a`, { preconditions: { uid: 'x' } }),
    remove('an older version', `${maps}/a`, { preconditions: { resourceVersion: '1' } }),
    remove('with an unknown policy', `${maps}/a`, { propagationPolicy: 'Perhaps' }),
    remove('with two policies', `${maps}/a`, { propagationPolicy: 'Orphan', orphanDependents: true }),
    remove('with what are no options', `${maps}/a`, { kind: 'ConfigMap', apiVersion: 'v1' }),
    remove('dry', `${maps}/a?dryRun=All`),
    remove('really', `${maps}/a`),
    remove('and again', `${maps}/a`),
    post('with a finalizer', maps, map('f', { finalizers: ['example.com/hold'] })),
    remove('what is held', `${maps}/f`),
    remove('what is held again', `${maps}/f`),
    put('with another finalizer', `${maps}/f`, map('f', { finalizers: ['example.com/hold', 'example.com/more'] })),
    put('without the finalizer', `${maps}/f`, map('f')),
    get('and it is gone', `${maps}/f`),
    post('in the foreground', maps, map('g')),
    remove('in the foreground now', `${maps}/g`, { propagationPolicy: 'Foreground' }),
    ...['h', 'i'].map((n) => post(`create ${n}`, maps, map(n, { labels: { batch: 'x' } }))),
    remove('all of a label, dry', `${maps}?labelSelector=batch&dryRun=All`),
    remove('all of a label', `${maps}?labelSelector=batch`),
    get('and they are gone', `${maps}?labelSelector=batch`),
    remove('all of nonsense', `${maps}?labelSelector=a in`),
    { name: 'an unknown method', method: 'PROPFIND', path: maps },
    remove('a namespace of the system', '/api/v1/namespaces/kube-system'),
    remove('the default namespace', '/api/v1/namespaces/default'),
    remove('all namespaces', '/api/v1/namespaces'),
  ],
};

const at = `${deployments}/d`;
const patching: Scenario = {
  name: 'patch',
  steps: [
    post('create', deployments, deployment),
    patch('merge', 'merge-patch', at, { metadata: { labels: { b: 'c' }, annotations: null }, spec: { paused: true } }),
    patch('merge away', 'merge-patch', at, { metadata: { labels: null } }),
    patch('merge nonsense', 'merge-patch', at, 'x'),
    patch('merge a bad value', 'merge-patch', at, { spec: { replicas: -1 } }),
    patch('merge a wrong type', 'merge-patch', at, { spec: { replicas: 'many' } }),
    patch('merge an old version', 'merge-patch', at, { metadata: { resourceVersion: '1' } }),
    patch('merge another name', 'merge-patch', at, { metadata: { name: 'e' } }),
    patch('merge another kind', 'merge-patch', at, { kind: 'Pod' }),
    patch('merge nothing', 'merge-patch', at, {}),
    patch('strategic: one container', 'strategic-merge-patch', at, {
      spec: { template: { spec: { containers: [{ name: 'c', image: 'z' }] } } },
    }),
    patch('strategic: a third', 'strategic-merge-patch', at, {
      spec: { template: { spec: { containers: [{ name: 'e', image: 'e' }] } } },
    }),
    patch('strategic: without one', 'strategic-merge-patch', at, {
      spec: { template: { spec: { containers: [{ name: 'e', $patch: 'delete' }] } } },
    }),
    patch('strategic: in order', 'strategic-merge-patch', at, {
      spec: { template: { spec: { '$setElementOrder/containers': [{ name: 'd' }, { name: 'c' }] } } },
    }),
    patch('strategic: without a key', 'strategic-merge-patch', at, {
      spec: { template: { spec: { containers: [{ image: 'e' }] } } },
    }),
    patch('strategic: replaced', 'strategic-merge-patch', at, {
      spec: { template: { spec: { containers: [{ $patch: 'replace' }, { name: 'c', image: 'only' }] } } },
    }),
    patch('strategic: retained keys', 'strategic-merge-patch', at, {
      spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } },
    }),
    patch('strategic: an unknown directive', 'strategic-merge-patch', at, { spec: { $patch: 'nope' } }),
    patch('strategic: ports', 'strategic-merge-patch', at, {
      spec: {
        template: { spec: { containers: [{ name: 'c', ports: [{ containerPort: 80 }, { containerPort: 81 }] }] } },
      },
    }),
    patch('strategic: one port', 'strategic-merge-patch', at, {
      spec: { template: { spec: { containers: [{ name: 'c', ports: [{ containerPort: 81, name: 'x' }] }] } } },
    }),
    patch('JSON: replace', 'json-patch', at, [{ op: 'replace', path: '/spec/replicas', value: 0 }]),
    patch('JSON: add', 'json-patch', at, [{ op: 'add', path: '/metadata/labels', value: { 'a/b': 'c' } }]),
    patch('JSON: escaped', 'json-patch', at, [{ op: 'replace', path: '/metadata/labels/a~1b', value: 'd' }]),
    patch('JSON: test', 'json-patch', at, [{ op: 'test', path: '/spec/replicas', value: 0 }]),
    patch('JSON: a test that fails', 'json-patch', at, [{ op: 'test', path: '/spec/replicas', value: 1 }]),
    patch('JSON: remove what is not there', 'json-patch', at, [{ op: 'remove', path: '/metadata/nope' }]),
    patch('JSON: replace what is not there', 'json-patch', at, [{ op: 'replace', path: '/metadata/nope', value: 1 }]),
    patch('JSON: an unknown operation', 'json-patch', at, [{ op: 'nope', path: '/metadata/labels' }]),
    patch('JSON: not a list', 'json-patch', at, { op: 'add' }),
    patch('JSON: an index out of range', 'json-patch', at, [
      { op: 'add', path: '/spec/template/spec/containers/9', value: {} },
    ]),
    patch('JSON: at the end', 'json-patch', at, [
      { op: 'add', path: '/spec/template/spec/containers/-', value: { name: 'z', image: 'z' } },
    ]),
    patch('JSON: move', 'json-patch', at, [{ op: 'move', from: '/metadata/labels', path: '/metadata/annotations' }]),
    patch('JSON: copy', 'json-patch', at, [{ op: 'copy', from: '/metadata/annotations', path: '/metadata/labels' }]),
    patch('what is not there', 'merge-patch', `${deployments}/nope`, {}),
    {
      name: 'in an unknown form',
      method: 'PATCH',
      path: at,
      body: '{}',
      headers: { 'content-type': 'application/json' },
    },
    patch('status merged', 'merge-patch', `${at}/status`, {
      status: { replicas: 3, conditions: [] },
      spec: { replicas: 9 },
    }),
    patch('status strategic', 'strategic-merge-patch', `${at}/status`, {
      status: { conditions: [{ type: 'Available', status: 'True', reason: 'r', message: 'm' }] },
    }),
    put('status of what is not there', `${deployments}/nope/status`, deployment),
    get('scale', `${at}/scale`),
    patch('scale', 'merge-patch', `${at}/scale`, { spec: { replicas: 0 } }),
    patch('scale below zero', 'merge-patch', `${at}/scale`, { spec: { replicas: -1 } }),
    put('scale to', `${at}/scale`, {
      apiVersion: 'autoscaling/v1',
      kind: 'Scale',
      metadata: { name: 'd' },
      spec: { replicas: 0 },
    }),
    put('scale of another', `${at}/scale`, {
      apiVersion: 'autoscaling/v1',
      kind: 'Scale',
      metadata: { name: 'e' },
      spec: { replicas: 0 },
    }),
    put('scale as another kind', `${at}/scale`, deployment),
    get('the end', at),
    get('the end as a table', at, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' }),
    get('status', `${at}/status`),
    remove('status', `${at}/status`),
  ],
};

const pods = '/api/v1/namespaces/{ns}/pods';
const pod = (name: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, labels: { app: 'p' } },
  spec: { containers: [{ name: 'c', image: 'x' }] },
});
const binding = (name: string, target: object) => ({ apiVersion: 'v1', kind: 'Binding', metadata: { name }, target });

const subresources: Scenario = {
  name: 'subresources of pods',
  steps: [
    post('create', pods, pod('p')),
    post('bind to nothing', `${pods}/p/binding`, binding('p', {})),
    post('bind to a pod', `${pods}/p/binding`, binding('p', { kind: 'Pod', name: 'n' })),
    post('bind another', `${pods}/p/binding`, binding('q', { kind: 'Node', name: 'n' })),
    post('bind what is not there', `${pods}/nope/binding`, binding('nope', { kind: 'Node', name: 'n' })),
    post('bind', `${pods}/p/binding`, binding('p', { kind: 'Node', name: 'n' })),
    post('bind again', `${pods}/p/binding`, binding('p', { kind: 'Node', name: 'n' })),
    patch('status', 'merge-patch', `${pods}/p/status`, {
      status: {
        phase: 'Running',
        podIP: '10.0.0.9',
        podIPs: [{ ip: '10.0.0.9' }],
        conditions: [{ type: 'Ready', status: 'True' }],
      },
    }),
    get('as a table', `${pods}/p`, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' }),
    get('by node', `${pods}?fieldSelector=spec.nodeName=n,status.phase=Running`),
    get('log of a container that is none', `${pods}/p/log?container=nope`),
    get('log of what is not there', `${pods}/nope/log`),
    get('log with a bad number', `${pods}/p/log?tailLines=-1`),
    get('log since two times', `${pods}/p/log?sinceSeconds=1&sinceTime=2024-01-01T00:00:00Z`),
    post('exec without a command', `${pods}/p/exec`, ''),
    post('evict what is not there', `${pods}/nope/eviction`, {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name: 'nope' },
    }),
    remove('gracefully', `${pods}/p`),
    remove('with less grace', `${pods}/p?gracePeriodSeconds=5`),
    remove('at once', `${pods}/p?gracePeriodSeconds=0`),
    get('and it is gone', `${pods}/p`),
    post('create q', pods, pod('q')),
    remove('one without a node', `${pods}/q`),
    get('and q is gone', `${pods}/q`),
    post('a token of nobody', '/api/v1/namespaces/{ns}/serviceaccounts/nope/token', {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: {},
    }),
    post('a short token', '/api/v1/namespaces/{ns}/serviceaccounts/default/token', {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: 1 },
    }),
  ],
};

const reviews: Scenario = {
  name: 'reviews',
  steps: [
    post('may I', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { verb: 'get', resource: 'pods', namespace: '{ns}' } },
    }),
    post('may I nothing', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: {},
    }),
    post('may I both', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { verb: 'get' }, nonResourceAttributes: { verb: 'get', path: '/x' } },
    }),
    post('may nobody', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: { resourceAttributes: { verb: 'get', resource: 'pods' } },
    }),
    post('whose is nothing', '/apis/authentication.k8s.io/v1/tokenreviews', {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenReview',
      spec: {},
    }),
    post('whose is a bad one', '/apis/authentication.k8s.io/v1/tokenreviews', {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenReview',
      spec: { token: 'x' },
    }),
    get('reviews cannot be listed', '/apis/authentication.k8s.io/v1/tokenreviews'),
  ],
};

const watching: Scenario = {
  name: 'watch',
  steps: [
    post('create a', maps, map('a', { labels: { on: 'yes' } })),
    post('create b', maps, map('b')),
    patch('change b', 'merge-patch', `${maps}/b`, { metadata: { labels: { on: 'yes' } } }),
    patch('change a', 'merge-patch', `${maps}/a`, { metadata: { labels: { on: 'no' } } }),
    remove('remove b', `${maps}/b`),
    get(
      'from the first on',
      `${maps}?watch=true&timeoutSeconds=1&resourceVersion={rv:create a}&fieldSelector=metadata.name=b`,
    ),
    get('of a label', `${maps}?watch=1&timeoutSeconds=1&resourceVersion={rv:create a}&labelSelector=on=yes`),
    get('from what is', `${maps}?watch=true&timeoutSeconds=1&fieldSelector=metadata.name=a`),
    get('of one', `${maps}/a?watch=true&timeoutSeconds=1`),
    get('from a time that is none', `${maps}?watch=true&timeoutSeconds=1&resourceVersion=x`),
    get('with a bad selector', `${maps}?watch=true&timeoutSeconds=1&labelSelector=a in`),
    get('as a table', `${maps}?watch=true&timeoutSeconds=1&fieldSelector=metadata.name=a`, {
      accept: 'application/json;as=Table;v=v1;g=meta.k8s.io',
    }),
    get('as metadata', `${maps}?watch=true&timeoutSeconds=1&fieldSelector=metadata.name=a`, {
      accept: 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
    }),
    get('by the old path', `/api/v1/watch/namespaces/{ns}/configmaps/a?timeoutSeconds=1`),
  ],
};

/** The columns of every kind: in lists of none, so that only the headings are compared. */
const columns: Scenario = {
  name: 'columns',
  steps: [
    'pods',
    'podtemplates',
    'services',
    'endpoints',
    'configmaps',
    'secrets',
    'serviceaccounts',
    'events',
    'limitranges',
    'resourcequotas',
    'persistentvolumeclaims',
    'replicationcontrollers',
    '/api/v1/nodes',
    '/api/v1/namespaces',
    '/api/v1/persistentvolumes',
    '/api/v1/componentstatuses',
    ...['deployments', 'replicasets', 'statefulsets', 'daemonsets', 'controllerrevisions'].map(within('apps/v1')),
    ...['jobs', 'cronjobs'].map(within('batch/v1')),
    within('autoscaling/v1')('horizontalpodautoscalers'),
    within('policy/v1')('poddisruptionbudgets'),
    ...['ingresses', 'networkpolicies'].map(within('networking.k8s.io/v1')),
    ...['roles', 'rolebindings'].map(within('rbac.authorization.k8s.io/v1')),
    within('coordination.k8s.io/v1')('leases'),
    within('discovery.k8s.io/v1')('endpointslices'),
    within('events.k8s.io/v1')('events'),
    ...['clusterroles', 'clusterrolebindings'].map((plural) => `/apis/rbac.authorization.k8s.io/v1/${plural}`),
    ...['storageclasses', 'csidrivers', 'csinodes', 'volumeattachments'].map((p) => `/apis/storage.k8s.io/v1/${p}`),
    '/apis/networking.k8s.io/v1/ingressclasses',
    '/apis/scheduling.k8s.io/v1/priorityclasses',
    '/apis/node.k8s.io/v1/runtimeclasses',
    '/apis/certificates.k8s.io/v1/certificatesigningrequests',
    '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations',
    '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations',
    '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
    '/apis/apiregistration.k8s.io/v1/apiservices',
  ].map((place) => {
    const path = place.startsWith('/') ? place : `/api/v1/namespaces/{ns}/${place}`;
    return get(place, `${path}?fieldSelector=metadata.name=none`, {
      accept: 'application/json;as=Table;v=v1;g=meta.k8s.io',
    });
  }),
};

function within(group: string): (plural: string) => string {
  return (plural) => `/apis/${group}/namespaces/{ns}/${plural}`;
}

export const verbs: readonly Scenario[] = [reading, writing, patching, subresources, reviews, watching, columns];
