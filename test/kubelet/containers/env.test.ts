import { expect } from 'chai';
import type { ConfigSource } from '../../../src/kubelet/containers/config-source.ts';
import { containerEnv } from '../../../src/kubelet/containers/env.ts';
import { expand } from '../../../src/kubelet/containers/expand.ts';
import { fieldValue, resourceValue } from '../../../src/kubelet/containers/field-ref.ts';
import { serviceEnv } from '../../../src/kubelet/containers/service-env.ts';
import type { Container } from '../../../src/kubelet/pod-spec.ts';
import { somePod } from '../pods.ts';

const facts = { hostIp: '192.0.2.1', ips: ['10.244.0.9'], allocatable: { cpu: '4', memory: '8Gi' } };

const source = {
  namespace: 'default',
  async configMap(name: string, optional?: boolean) {
    if (name === 'settings') return { data: { color: 'blue', '1st=': 'x', '2nd': 'y' } };
    if (optional) return undefined;
    throw new Error(`configmap "${name}" not found`);
  },
  async secret(name: string) {
    if (name === 'keys') return { data: { password: Buffer.from('s3cret').toString('base64') } };
    throw new Error(`secret "${name}" not found`);
  },
} as unknown as ConfigSource;

function envOf(container: object, services = new Map<string, string>()): Promise<Record<string, string>> {
  const c = { name: 'app', ...container } as Container;
  return containerEnv(somePod({ containers: [c] }), c, { source, facts, services }).then((env) =>
    Object.fromEntries(env),
  );
}

describe('expand', () => {
  const table: [string, string][] = [
    ['$(A)-$(B)', 'a-b'],
    ['$$(A)', '$(A)'],
    ['$$$(A)', '$a'],
    ['$(NONE)', '$(NONE)'],
    ['$(A', '$(A'],
    ['$A $', '$A $'],
    ['', ''],
  ];
  const variables = new Map([
    ['A', 'a'],
    ['B', 'b'],
  ]);
  for (const [text, expected] of table)
    it(`${JSON.stringify(text)} is ${JSON.stringify(expected)}`, () =>
      expect(expand(text, variables)).to.equal(expected));
});

describe('containerEnv', () => {
  it('takes values from where they say', async () => {
    const env = [
      { name: 'PLAIN', value: 'p' },
      { name: 'JOINED', value: '$(PLAIN)-$(LATER)' },
      { name: 'LATER', value: 'l' },
      { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'COLOR', valueFrom: { configMapKeyRef: { name: 'settings', key: 'color' } } },
      { name: 'MAYBE', valueFrom: { configMapKeyRef: { name: 'none', key: 'x', optional: true } } },
      { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'keys', key: 'password' } } },
    ];
    expect(await envOf({ env })).to.deep.equal({
      PLAIN: 'p',
      JOINED: 'p-$(LATER)',
      LATER: 'l',
      POD: 'web',
      COLOR: 'blue',
      PASSWORD: 's3cret',
    });
  });

  it('lets env win over envFrom, and both over services, and leaves out what is no name', async () => {
    const container = { envFrom: [{ configMapRef: { name: 'settings' } }], env: [{ name: 'color', value: 'red' }] };
    expect(
      await envOf(
        container,
        new Map([
          ['color', 'green'],
          ['WEB_SERVICE_HOST', '10.96.0.2'],
        ]),
      ),
    ).to.deep.equal({
      '2nd': 'y',
      color: 'red',
      WEB_SERVICE_HOST: '10.96.0.2',
    });
  });

  const failures: [object, string][] = [
    [{ envFrom: [{ configMapRef: { name: 'none' } }] }, 'configmap "none" not found'],
    [
      { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'keys', key: 'x' } } }] },
      "couldn't find key x in Secret default/keys",
    ],
    [{ env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'spec.nope' } } }] }, 'unsupported fieldPath: spec.nope'],
  ];
  for (const [container, message] of failures) {
    it(`says: ${message}`, async () => {
      const said = await envOf(container).then(
        () => 'nothing',
        (error: Error) => error.message,
      );
      expect(said).to.equal(message);
    });
  }
});

describe('downward API', () => {
  const pod = somePod({ nodeName: 'n1' }, {}, { labels: { b: '2', a: 'x"y' }, annotations: { 'example.com/k': 'v' } });
  const fields: [string, string][] = [
    ['metadata.labels', 'a="x\\"y"\nb="2"'],
    ["metadata.labels['b']", '2'],
    ["metadata.annotations['example.com/k']", 'v'],
    ["metadata.labels['__proto__']", ''],
    ['spec.nodeName', 'n1'],
    ['status.podIP', '10.244.0.9'],
    ['status.hostIP', '192.0.2.1'],
  ];
  for (const [path, value] of fields) it(path, () => expect(fieldValue(path, pod, facts)).to.equal(value));

  it('counts resources in whole divisors, rounded up, and takes the node for a limit that is not set', () => {
    const limited = somePod({ containers: [{ name: 'app', resources: { limits: { cpu: '1500m', memory: '65Mi' } } }] });
    expect(resourceValue({ resource: 'limits.cpu' }, limited, 'app', facts)).to.equal('2');
    expect(resourceValue({ resource: 'limits.cpu', divisor: '1m' }, limited, 'app', facts)).to.equal('1500');
    expect(resourceValue({ resource: 'limits.memory', divisor: '1Mi' }, limited, 'app', facts)).to.equal('65');
    expect(resourceValue({ resource: 'limits.memory', divisor: '1Gi' }, pod, 'app', facts)).to.equal('8');
    expect(() => resourceValue({ resource: 'limits.color' }, pod, 'app', facts)).to.throw(
      'unsupported container resource',
    );
  });
});

describe('serviceEnv', () => {
  it('writes the variables of Docker links and leaves headless services out', () => {
    const service = (name: string, clusterIP: string) =>
      ({ metadata: { name }, spec: { clusterIP, ports: [{ name: 'http', port: 80 }] } }) as never;
    const env = serviceEnv([service('my-web', '10.96.0.7'), service('none', 'None')]);
    expect(Object.fromEntries(env)).to.deep.equal({
      MY_WEB_SERVICE_HOST: '10.96.0.7',
      MY_WEB_SERVICE_PORT: '80',
      MY_WEB_SERVICE_PORT_HTTP: '80',
      MY_WEB_PORT: 'tcp://10.96.0.7:80',
      MY_WEB_PORT_80_TCP: 'tcp://10.96.0.7:80',
      MY_WEB_PORT_80_TCP_PROTO: 'tcp',
      MY_WEB_PORT_80_TCP_PORT: '80',
      MY_WEB_PORT_80_TCP_ADDR: '10.96.0.7',
    });
  });
});
