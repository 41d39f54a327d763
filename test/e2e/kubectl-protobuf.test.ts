import { expect } from 'chai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cluster } from '../../src/cluster/index.ts';
import { eventually, execute } from './running-cluster.ts';

/**
 * kubectl's commands with typed clients, which send and ask for protobuf, on a cluster in this process whose pods are
 * simulated. That it really is protobuf is seen in kubectl's own log.
 */
describe('kubectl with its typed clients', function () {
  this.timeout(60_000);
  let cluster: Cluster;
  let folder = '';

  before(async function () {
    const { stdout } = await execute('kubectl', ['version', '--client', '-o', 'json']);
    const minor = parseInt(JSON.parse(stdout).clientVersion.minor, 10);
    if (minor < 28) this.skip(); // older ones lack some of the commands, or speak JSON
    folder = mkdtempSync(join(tmpdir(), 'coxswain-kubectl-'));
    cluster = await Cluster.start({ nodes: 1 });
    writeFileSync(join(folder, 'kubeconfig'), cluster.kubeconfig, { mode: 0o600 });
  });

  after(async () => {
    await cluster?.stop();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  const run = (line: string) =>
    execute('kubectl', line.split(' '), { env: { KUBECONFIG: join(folder, 'kubeconfig'), HOME: folder } });

  async function ok(line: string): Promise<string> {
    const { code, stdout, stderr } = await run(line);
    if (code !== 0) throw new Error(`kubectl ${line}: ${stderr}`);
    return stdout;
  }

  const json = async (line: string) => JSON.parse(await ok(`${line} -o json`));

  it('speaks protobuf in both directions', async () => {
    const { code, stderr } = await run('create configmap spoken --from-literal=a=b -v=8');
    expect(code).to.equal(0);
    expect(stderr).to.match(/Request Headers:[\s\S]*Content-Type: application\/vnd\.kubernetes\.protobuf/);
    expect(stderr).to.match(/Response Headers:[\s\S]*Content-Type: application\/vnd\.kubernetes\.protobuf/);
  });

  const creates: [line: string, read: string, expected: object][] = [
    ['create namespace n1', 'get namespace n1', { status: { phase: 'Active' } }],
    ['create configmap cm --from-literal=a=b --from-literal=c=', 'get configmap cm', { data: { a: 'b', c: '' } }],
    ['create secret generic s --from-literal=p=w', 'get secret s', { type: 'Opaque', data: { p: 'dw==' } }],
    ['create serviceaccount robot', 'get serviceaccount robot', { kind: 'ServiceAccount' }],
    ['create quota q --hard=pods=3,memory=1Gi', 'get quota q', { spec: { hard: { pods: '3', memory: '1Gi' } } }],
    [
      'create role r --verb=get --resource=pods',
      'get role r',
      { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] },
    ],
    [
      'create rolebinding rb --role=r --user=ann',
      'get rolebinding rb',
      { roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' } },
    ],
    ['create priorityclass none --value=0', 'get priorityclass none', { value: 0 }],
    [
      'create poddisruptionbudget pdb --selector=a=b --min-available=0',
      'get pdb pdb',
      { spec: { minAvailable: 0, selector: { matchLabels: { a: 'b' } } } },
    ],
    [
      'create poddisruptionbudget half --selector=a=b --min-available=50%',
      'get pdb half',
      { spec: { minAvailable: '50%', selector: { matchLabels: { a: 'b' } } } },
    ],
  ];
  for (const [line, read, expected] of creates) {
    it(line, async () => {
      await ok(line);
      expect(await json(read)).to.deep.include(expected);
    });
  }

  it('create deployment --replicas=0', async () => {
    await ok('create deployment idle --image=x --replicas=0');
    const { spec } = await json('get deployment idle');
    expect(spec).to.include({ replicas: 0, progressDeadlineSeconds: 600 });
    expect(spec.template.spec.containers[0]).to.deep.include({ name: 'x', image: 'x', resources: {} });
    expect(spec.template.spec).not.to.have.any.keys('hostNetwork', 'nodeName', 'priority');
  });

  it('create service', async () => {
    await ok('create service clusterip svc --tcp=80:8080');
    const { spec } = await json('get service svc');
    expect(spec.ports).to.deep.equal([{ name: '80-8080', port: 80, protocol: 'TCP', targetPort: 8080 }]);
    await ok('create service externalname ext --external-name=example.com');
    expect((await json('get service ext')).spec).to.include({ type: 'ExternalName', externalName: 'example.com' });
  });

  it('create job, cronjob and ingress', async () => {
    await ok('create job once --image=x -- true');
    expect((await json('get job once')).spec.template.spec).to.include({ restartPolicy: 'Never' });
    await ok('create cronjob often --image=x --schedule=@hourly');
    expect((await json('get cronjob often')).spec).to.include({ schedule: '@hourly', suspend: false });
    await ok('create job now --from=cronjob/often');
    expect((await json('get job now')).metadata.annotations).to.deep.equal({
      'cronjob.kubernetes.io/instantiate': 'manual',
    });
    await ok('create ingress in --rule=example.com/p*=svc:80');
    expect((await json('get ingress in')).spec.rules[0].http.paths[0]).to.deep.include({
      path: '/p',
      pathType: 'Prefix',
    });
  });

  it('create token', async () => {
    const token = (await ok('create token robot --duration=1h')).trim();
    const claims = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString());
    expect(claims).to.include({ sub: 'system:serviceaccount:default:robot' });
    expect(claims.exp - claims.iat).to.equal(3600);
  });

  it('auth whoami and can-i', async () => {
    expect(await ok('auth whoami')).to.match(/Username +kubernetes-admin/);
    expect(await ok('auth can-i create pods')).to.equal('yes\n');
    expect(await ok('auth can-i --list')).to.contain('[*]');
  });

  it('says what is wrong as it does with JSON', async () => {
    for (const [line, message] of [
      ['create configmap A_b', 'ConfigMap "A_b" is invalid: metadata.name'],
      ['create configmap cm', 'configmaps "cm" already exists'],
      ['create configmap x -n none', 'namespaces "none" not found'],
      ['create token nobody', 'serviceaccounts "nobody" not found'],
    ] as const) {
      const { code, stderr } = await run(line);
      expect(code, line).to.equal(1);
      expect(stderr, line).to.contain(message);
    }
  });

  describe('with a deployment that runs', () => {
    before(async () => {
      await ok('delete quota q'); // its pods say nothing of memory
      await ok('create deployment web --image=x --replicas=2 --port=80');
      await ok('rollout status deployment/web --timeout=30s');
    });

    it('expose and autoscale', async () => {
      await ok('expose deployment web --port=80');
      expect((await json('get service web')).spec.selector).to.deep.equal({ app: 'web' });
      await ok('autoscale deployment web --min=1 --max=3');
      expect((await json('get hpa web')).spec).to.include({ minReplicas: 1, maxReplicas: 3 });
    });

    it('rollout restart and undo', async () => {
      await ok('rollout restart deployment/web');
      await ok('rollout status deployment/web --timeout=30s');
      expect(await ok('rollout history deployment/web')).to.match(/^2 /m);
      await ok('rollout undo deployment/web');
      const { spec } = await json('get deployment web');
      expect(spec.template.metadata.annotations ?? {}).not.to.have.property('kubectl.kubernetes.io/restartedAt');
      await ok('rollout status deployment/web --timeout=30s');
    });

    it('cordon, taint and drain', async () => {
      const [node] = (await json('get nodes')).items;
      const { name } = node.metadata;
      await ok(`taint node ${name} a=b:PreferNoSchedule`);
      expect((await json(`get node ${name}`)).spec.taints).to.deep.include({
        key: 'a',
        value: 'b',
        effect: 'PreferNoSchedule',
      });
      expect(await ok(`drain ${name} --ignore-daemonsets --force`))
        .to.contain('evicted')
        .and.contain('drained');
      expect((await json(`get node ${name}`)).spec.unschedulable).to.equal(true);
      await ok(`uncordon ${name}`);
      await ok('rollout status deployment/web --timeout=30s');
    });

    it('events and attach watch in protobuf', async () => {
      expect(await ok('events --for=deployment/web')).to.contain('ScalingReplicaSet');
      const seen = await execute('timeout', ['8', 'kubectl', 'run', 'watched', '--image=x', '--attach', '-v=8'], {
        env: { KUBECONFIG: join(folder, 'kubeconfig'), HOME: folder },
      });
      expect(seen.stderr).to.contain('Content-Type: application/vnd.kubernetes.protobuf;stream=watch');
      expect(seen.stderr).to.contain('/pods/watched/attach');
      await eventually('the pod is gone', async () =>
        (await run('delete pod watched --now')).stderr.includes('not found'),
      );
    });
  });
});
