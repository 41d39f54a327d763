import { expect } from 'chai';
import { definitions } from '../../../src/api/definitions.ts';
import { applyStrategicMergePatch } from '../../../src/apimachinery/patch/strategic-merge-patch.ts';

const POD = 'io.k8s.api.core.v1.Pod';
const DEPLOYMENT = 'io.k8s.api.apps.v1.Deployment';
const SERVICE = 'io.k8s.api.core.v1.Service';

function patch(object: object, change: unknown, definition = POD): any {
  const before = JSON.stringify([object, change]);
  const result = applyStrategicMergePatch(object, change, definitions(), definition);
  expect(JSON.stringify([object, change]), 'the arguments').to.equal(before);
  return result;
}

const containers = (...list: object[]) => ({ spec: { containers: list } });
const finalizers = (...list: string[]) => ({ metadata: { finalizers: list } });

describe('strategic merge patch', () => {
  const [a, b, c] = [
    { name: 'a', image: '1' },
    { name: 'b', image: '1' },
    { name: 'c', image: '1' },
  ];

  const table: [string, object, object, object][] = [
    [
      'sets and removes fields',
      { metadata: { labels: { x: '1', y: '1' } } },
      { metadata: { labels: { x: '2', y: null } } },
      { metadata: { labels: { x: '2' } } },
    ],
    [
      'merges list items by their key',
      containers(a, b),
      containers({ name: 'b', image: '2' }),
      containers(a, { name: 'b', image: '2' }),
    ],
    ['puts new items first', containers(a), containers(c), containers(c, a)],
    ['puts new items behind those that it names', containers(a, b), containers(b, c), containers(a, b, c)],
    ['drops nulls of new items', containers(a), containers({ ...c, command: null }), containers(c, a)],
    ['deletes an item', containers(a, b), containers({ $patch: 'delete', name: 'a' }), containers(b)],
    [
      'ignores the deletion of a missing item',
      containers(a),
      containers({ $patch: 'delete', name: 'z' }),
      containers(a),
    ],
    ['replaces a list', containers(a, b), containers(c, { $patch: 'replace' }), containers(c)],
    [
      'replaces a map',
      { spec: { nodeSelector: { a: '1' } } },
      { spec: { nodeSelector: { $patch: 'replace', b: '1' } } },
      { spec: { nodeSelector: { b: '1' } } },
    ],
    [
      'empties a map',
      { spec: { nodeSelector: { a: '1' } } },
      { spec: { nodeSelector: { $patch: 'delete' } } },
      { spec: { nodeSelector: {} } },
    ],
    [
      'merges when told so',
      containers(a),
      containers({ $patch: 'merge', name: 'a', image: '2' }),
      containers({ name: 'a', image: '2' }),
    ],
    [
      'replaces lists without a strategy',
      containers({ ...a, command: ['x', 'y'] }),
      containers({ name: 'a', command: ['z'] }),
      containers({ ...a, command: ['z'] }),
    ],
    ['unites lists of scalars', finalizers('x', 'y'), finalizers('y', 'z'), finalizers('x', 'y', 'z')],
    [
      'deletes from lists of scalars',
      finalizers('x', 'y'),
      { metadata: { '$deleteFromPrimitiveList/finalizers': ['x'] } },
      finalizers('y'),
    ],
    [
      'deletes and adds scalars',
      finalizers('x', 'y'),
      { metadata: { '$deleteFromPrimitiveList/finalizers': ['x'], finalizers: ['z'] } },
      finalizers('z', 'y'),
    ],
    ['removes a list', containers({ ...a, env: [{ name: 'x' }] }), containers({ name: 'a', env: null }), containers(a)],
    [
      'reorders',
      containers(a, b, c),
      { spec: { '$setElementOrder/containers': [{ name: 'c' }, { name: 'a' }, { name: 'b' }] } },
      containers(c, a, b),
    ],
    [
      'keeps what others added in its place',
      containers(a, { name: 'sidecar' }, b),
      {
        spec: {
          '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }],
          containers: [{ name: 'b', image: '2' }],
        },
      },
      containers({ name: 'sidecar' }, { name: 'b', image: '2' }, a),
    ],
    [
      'orders scalars',
      finalizers('x', 'y'),
      { metadata: { '$setElementOrder/finalizers': ['z', 'x', 'y'], finalizers: ['z'] } },
      finalizers('z', 'x', 'y'),
    ],
    [
      'leaves a list alone that is not there',
      { spec: {} },
      { spec: { '$setElementOrder/containers': [{ name: 'a' }] } },
      { spec: {} },
    ],
    [
      'takes an object where there was none',
      {},
      { spec: { nodeSelector: { a: '1', b: null } } },
      { spec: { nodeSelector: { a: '1' } } },
    ],
    [
      'takes over a change of type',
      { metadata: { labels: 'x' } },
      { metadata: { labels: { a: '1' } } },
      { metadata: { labels: { a: '1' } } },
    ],
    ['merges unknown fields as maps', { x: { a: 1 } }, { x: { b: [1] } }, { x: { a: 1, b: [1] } }],
  ];
  for (const [what, object, change, result] of table)
    it(what, () => expect(patch(object, change)).to.deep.equal(result));

  it('keeps only the keys that $retainKeys names', () => {
    const rolling = { spec: { replicas: 1, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } } };
    const change = { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } };
    expect(patch(rolling, change, DEPLOYMENT)).to.deep.equal({ spec: { replicas: 1, strategy: { type: 'Recreate' } } });
  });

  it('merges ports by the key that patches use', () => {
    const service = {
      spec: {
        ports: [
          { port: 80, protocol: 'TCP', name: 'a' },
          { port: 53, protocol: 'UDP', name: 'b' },
        ],
      },
    };
    const change = { spec: { ports: [{ port: 80, name: 'web' }] } };
    expect(patch(service, change, SERVICE).spec.ports).to.deep.equal([
      { port: 80, protocol: 'TCP', name: 'web' },
      service.spec.ports[1],
    ]);
  });

  it('does what `kubectl set image` sends', () => {
    const pods = {
      containers: [{ name: 'nginx', image: 'nginx:1', ports: [{ containerPort: 80, protocol: 'TCP' }] }],
      restartPolicy: 'Always',
    };
    const deployment = { spec: { replicas: 3, template: { metadata: { labels: { app: 'web' } }, spec: pods } } };
    const change = {
      spec: {
        template: {
          spec: {
            $setElementOrder: undefined,
            '$setElementOrder/containers': [{ name: 'nginx' }],
            containers: [{ image: 'nginx:2', name: 'nginx' }],
          },
        },
      },
    };
    delete (change.spec.template.spec as { $setElementOrder?: unknown }).$setElementOrder;
    const result = patch(deployment, change, DEPLOYMENT);
    expect(result.spec.template.spec).to.deep.equal({
      ...pods,
      containers: [{ ...pods.containers[0], image: 'nginx:2' }],
    });
    expect(result.spec.replicas).to.equal(3);
  });

  it('does what `kubectl apply` sends when a container and a variable were removed and another added', () => {
    const deployment = {
      metadata: { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': 'old', other: 'x' } },
      spec: {
        template: {
          spec: {
            containers: [
              {
                ...a,
                env: [
                  { name: 'X', value: '1' },
                  { name: 'Y', value: '1' },
                ],
              },
              b,
            ],
            dnsPolicy: 'ClusterFirst',
          },
        },
      },
    };
    const change = {
      metadata: { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': 'new' } },
      spec: {
        template: {
          spec: {
            '$setElementOrder/containers': [{ name: 'a' }, { name: 'c' }],
            containers: [
              { name: 'a', '$setElementOrder/env': [{ name: 'Y' }], env: [{ $patch: 'delete', name: 'X' }] },
              { name: 'c', image: '1' },
              { $patch: 'delete', name: 'b' },
            ],
          },
        },
      },
    };
    expect(patch(deployment, change, DEPLOYMENT)).to.deep.equal({
      metadata: { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': 'new', other: 'x' } },
      spec: {
        template: { spec: { containers: [{ ...a, env: [{ name: 'Y', value: '1' }] }, c], dnsPolicy: 'ClusterFirst' } },
      },
    });
  });

  it('does what `kubectl taint` and a kubelet that patches conditions send', () => {
    const node = {
      spec: { taints: [{ key: 'a', effect: 'NoSchedule' }] },
      status: {
        conditions: [
          { type: 'Ready', status: 'False' },
          { type: 'DiskPressure', status: 'False' },
        ],
      },
    };
    const change = {
      spec: { taints: [{ key: 'b', effect: 'NoExecute' }] },
      status: {
        '$setElementOrder/conditions': [{ type: 'Ready' }, { type: 'DiskPressure' }],
        conditions: [{ type: 'Ready', status: 'True' }],
      },
    };
    expect(patch(node, change, 'io.k8s.api.core.v1.Node')).to.deep.equal({
      spec: { taints: [{ key: 'b', effect: 'NoExecute' }] },
      status: {
        conditions: [
          { type: 'Ready', status: 'True' },
          { type: 'DiskPressure', status: 'False' },
        ],
      },
    });
  });

  const wrong: [string, unknown, number][] = [
    ['no object', [], 400],
    ['an unknown directive', { spec: { $patch: 'burn' } }, 500],
    ['an unknown directive of an item', containers({ name: 'a', $patch: 'burn' }), 500],
    ['$retainKeys that is no list', { spec: { $retainKeys: 'x' } }, 400],
    ['$retainKeys that lacks a key of the patch', { spec: { $retainKeys: ['a'], b: 1 } }, 400],
    ['a directive for a list that is no list', { metadata: { '$deleteFromPrimitiveList/finalizers': 'x' } }, 400],
    [
      'an item that its order lacks',
      { spec: { '$setElementOrder/containers': [{ name: 'a' }], containers: [{ name: 'b' }] } },
      500,
    ],
    ['an item without its key', containers({ image: '1' }), 500],
    ['an item that is no object', { spec: { containers: ['x'] } }, 500],
  ];
  for (const [what, change, code] of wrong) {
    it(`refuses ${what}`, () =>
      expect(() => patch(containers(a), change))
        .to.throw()
        .with.property('code', code));
  }

  it('says what was wrong in upstream’s words', () => {
    expect(() => patch(containers(a), containers({ image: '1' }))).to.throw(
      'map: map[image:1] does not contain declared merge key: name',
    );
    expect(() => patch(containers(a), { spec: { $patch: 'burn' } })).to.throw(
      'unknown patch type: burn in map: map[$patch:burn]',
    );
  });

  it('merges long lists in no time', () => {
    const many = Array.from({ length: 20_000 }, (_, i) => ({ name: `c${i}`, image: '1' }));
    const order = { '$setElementOrder/containers': many.map(({ name }) => ({ name })).reverse() };
    const merged: any = patch(containers(...many), { spec: { containers: many, ...order } });
    expect(merged.spec.containers).to.have.length(20_000);
    expect(merged.spec.containers[0].name).to.equal('c19999');
  });

  it('never reaches a prototype', () => {
    patch(
      { metadata: {} },
      JSON.parse(
        '{"__proto__":{"polluted":1},"metadata":{"__proto__":{"polluted":1},"$setElementOrder/__proto__":[1]}}',
      ),
    );
    expect(({} as { polluted?: number }).polluted).to.equal(undefined);
  });

  it('shares nothing with its arguments', () => {
    const object = containers({ ...a, env: [{ name: 'x' }] });
    const change = { spec: { nodeSelector: { a: '1' } } };
    const result = patch(object, change);
    result.spec.containers[0].env.push({ name: 'y' });
    result.spec.nodeSelector.b = '2';
    expect(object.spec.containers[0]).to.deep.equal({ ...a, env: [{ name: 'x' }] });
    expect(change.spec.nodeSelector).to.deep.equal({ a: '1' });
  });
});
