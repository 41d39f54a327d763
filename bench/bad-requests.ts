/** A request that means harm, or none but is as large as it may be. */
export interface BadRequest {
  readonly what: string;
  readonly method: string;
  readonly path: string;
  readonly type: string;
  readonly body: string;
}

/** Bytes of a large body: more than almost any object has. */
const FULL = 300_000;
const namespace = '/api/v1/namespaces/default';
const configMaps = `${namespace}/configmaps`;
const deployments = '/apis/apps/v1/namespaces/default/deployments';
const json = 'application/json';
const yaml = 'application/yaml';

const post = (what: string, body: string, path = configMaps, type = json): BadRequest => ({
  what,
  method: 'POST',
  path,
  type,
  body,
});
const patch = (what: string, kind: string, body: string, path = namespace): BadRequest => ({
  what,
  method: 'PATCH',
  path,
  type: `application/${kind}`,
  body,
});
const get = (what: string, query: string): BadRequest => ({
  what,
  method: 'GET',
  path: `${configMaps}?${query}`,
  type: json,
  body: '',
});
const times = (count: number, of: (i: number) => string, between = ',') =>
  Array.from({ length: count }, (_, i) => of(i)).join(between);
/** As many of `of` as a full body holds. */
const full = (of: (i: number) => string) => times(Math.floor(FULL / (of(10_000).length + 1)), of);
const laughs = times(9, (i) => `l${i}: &l${i} [${times(9, () => (i ? `*l${i - 1}` : 'ha'))}]`, '\n');

/** What the server must refuse, or carry out, without standing still for anybody else. */
export const badRequests: readonly BadRequest[] = [
  post('JSON that nests objects', `{"metadata":{"name":"x"},"data":${'{"a":'.repeat(FULL / 6)}`),
  post('JSON that nests lists', '['.repeat(FULL)),
  post('JSON of many members', `{"metadata":{"name":"x"},"data":{${full((i) => `"k${i}":"v"`)}}}`),
  post('JSON of one member many times', `{"metadata":{"name":"x"},"data":{${full(() => '"k":"v"')}}}`),
  post('JSON of unknown members', `{"metadata":{"name":"x"},${full((i) => `"u${i}":1`)}}`),
  post('JSON of one long text', `{"metadata":{"name":"x"},"data":{"a":"${'\\u0041'.repeat(FULL / 6)}"}}`),
  post('JSON of one long number', `{"metadata":{"name":"x","generation":${'9'.repeat(FULL)}}}`),
  post('JSON of many faults', `{"metadata":{"name":"x"},"data":{${full((i) => `"!${i}":1`)}}}`),
  post('JSON that breaks off', `{"metadata":{"name":"x"},"data":{"a":"${'x'.repeat(FULL)}`),
  post('a long name', `{"metadata":{"name":"${'a-'.repeat(FULL / 2)}"}}`),
  post('many labels', `{"metadata":{"name":"x","labels":{${full((i) => `"a.b/k${i}":"v"`)}}}}`),
  post('many finalizers', `{"metadata":{"name":"x","finalizers":[${full((i) => `"a.b/f${i}"`)}]}}`),
  post('many owners', `{"metadata":{"name":"x","ownerReferences":[${full((i) => `{"uid":"u${i}"}`)}]}}`),
  post('many managed fields', `{"metadata":{"name":"x","managedFields":[${full((i) => `{"manager":"m${i}"}`)}]}}`),
  post(
    'many containers',
    `{"metadata":{"name":"x"},"spec":{"template":{"spec":{"containers":[${full((i) => `{"name":"c${i}"}`)}]}}}}`,
    deployments,
  ),
  post(
    'quantities of many digits',
    `{"metadata":{"name":"x"},"spec":{"containers":[{"name":"c","image":"i","resources":{"limits":{${times(
      1000,
      (i) => `"a.b/r${i}":"${'9'.repeat(2900)}"`,
    )}}}]}}`.replace('}}}]}}', '}}}]}}'),
    `${namespace}/pods`,
  ),
  post('YAML of aliases of aliases', `${laughs}\nmetadata: {name: x}\ndata: *l8`, configMaps, yaml),
  post('YAML that nests lists', '['.repeat(100_000), configMaps, yaml),
  post(
    'YAML of many members',
    `metadata: {name: x}\ndata:\n${full((i) => `\n  k${i}: v`)}`.replaceAll(',', ''),
    configMaps,
    yaml,
  ),
  post('protobuf of nothing', `k8s\0${'\xff'.repeat(FULL)}`, configMaps, 'application/vnd.kubernetes.protobuf'),
  patch(
    'a JSON patch of many operations',
    'json-patch+json',
    `[${times(10_000, (i) => `{"op":"add","path":"/metadata/annotations/a${i}","value":"v"}`)}]`,
  ),
  patch('a JSON patch of many tests', 'json-patch+json', `[${full(() => '{"op":"test","path":"/a","value":1}')}]`),
  patch(
    'a merge patch of many members',
    'merge-patch+json',
    `{"metadata":{"annotations":{${full((i) => `"a${i}":"v"`)}}}}`,
  ),
  patch(
    'a strategic merge patch of many items',
    'strategic-merge-patch+json',
    `{"spec":{"finalizers":[${full((i) => `"f${i}"`)}]}}`,
  ),
  patch(
    'an apply of many fields',
    'apply-patch+yaml',
    `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"},"data":{${times(20_000, (i) => `"k${i}":"v"`)}}}`,
    `${configMaps}/x?fieldManager=bench`,
  ),
  get('a long label selector', `labelSelector=${times(4000, (i) => `a${i}`)}`),
  get(
    'a label selector of many values',
    `labelSelector=${encodeURIComponent(`a in (${times(3000, (i) => `v${i}`)})`)}`,
  ),
  get('a long field selector', `fieldSelector=${times(2000, () => 'metadata.name!=x')}`),
  get('a long continue token', `limit=1&continue=${'QUFB'.repeat(4000)}`),
];
