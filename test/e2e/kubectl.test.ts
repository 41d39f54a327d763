import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, execute, RunningCluster } from './running-cluster.ts';

/** What a new user does with stock kubectl on a one-node cluster, in the order of the README. */
describe('kubectl on a one-node cluster', function () {
  this.timeout(120_000);
  let cluster: RunningCluster;

  before(async () => {
    cluster = await RunningCluster.start();
  });

  after(async () => {
    await cluster?.destroy();
  });

  const pods = () => cluster.json('get pods -l app=web').then((list) => list.items as any[]);
  const ready = (pod: any) => pod.status.conditions?.some((c: any) => c.type === 'Ready' && c.status === 'True');

  describe('asks about the cluster', () => {
    it('get nodes shows the node Ready', async () => {
      const line = await eventually('the node is Ready', async () => {
        const text = await cluster.ok('get nodes --no-headers');
        return / Ready /.test(text) && text;
      });
      expect(line).to.match(/^\S+ +Ready +\S+ +\S+ +v1\.36\.\S+/);
    });

    it('version and cluster-info', async () => {
      expect(await cluster.ok('version')).to.match(/Server Version: v1\.36/);
      expect(await cluster.ok('cluster-info')).to.contain('is running at');
    });

    it('api-resources lists kinds with short names, groups and verbs', async () => {
      const text = await cluster.ok('api-resources -o wide');
      expect(text).to.match(
        /^pods +po +v1 +true +Pod +create,delete,deletecollection,get,list,patch,update,watch +all/m,
      );
      expect(text).to.match(/^deployments +deploy +apps\/v1 +true +Deployment/m);
      expect(text).to.match(/^nodes +no +v1 +false +Node/m);
    });

    it('api-versions', async () => {
      const versions = (await cluster.ok('api-versions')).trim().split('\n');
      expect(versions).to.include.members([
        'v1',
        'apps/v1',
        'batch/v1',
        'discovery.k8s.io/v1',
        'coordination.k8s.io/v1',
      ]);
    });

    it('explain', async () => {
      const text = await cluster.ok('explain deployment.spec.strategy');
      expect(text).to.contain('GROUP:      apps').and.contain('rollingUpdate');
      expect(await cluster.ok('explain pods --recursive')).to.contain('terminationGracePeriodSeconds');
    });

    it('explain of many kinds and paths, from either version of OpenAPI', async () => {
      const paths = [
        'nodes.spec.taints.effect',
        'services.spec.ports.protocol',
        'persistentvolumeclaims.spec.resources',
        'pods.spec.containers.env.valueFrom.configMapKeyRef.name',
        'pods.spec.volumes.projected.sources',
        'statefulsets.spec.volumeClaimTemplates.spec',
        'cronjobs.spec.jobTemplate.spec.template.spec.affinity',
        'ingresses.spec.rules.http.paths.backend',
        'networkpolicies.spec.ingress.from.ipBlock',
        'roles.rules.verbs',
        'customresourcedefinitions.spec.versions.schema',
        'leases.spec.renewTime',
        'events.involvedObject',
        'storageclasses.volumeBindingMode',
        'certificatesigningrequests.spec.usages',
      ];
      for (const path of paths) {
        for (const output of ['plaintext', 'plaintext-openapiv2']) {
          const text = await cluster.ok(`explain ${path} --output=${output}`);
          expect(text, path)
            .to.match(/^KIND:/m)
            .and.to.contain('DESCRIPTION');
          expect(text, path).to.not.contain('<no description>');
        }
      }
      const policy = await cluster.ok('explain pods.spec.containers.imagePullPolicy');
      expect(policy).to.match(/ENUM:\s+Always\s+IfNotPresent\s+Never/);
      const affinity = await cluster.ok('explain pods.spec.affinity');
      expect(affinity.match(/Affinity is a group of affinity scheduling rules/g)).to.have.length(1);
      expect(await cluster.ok('explain hpa --api-version=autoscaling/v1 --recursive')).to.contain('targetCPU');
    });

    it('get --raw /readyz?verbose names its checks', async () => {
      const text = await cluster.ok('get --raw /readyz?verbose');
      expect(text)
        .to.match(/\[\+\]etcd ok/)
        .and.to.contain('readyz check passed');
    });
  });

  describe('runs examples/web.yaml', () => {
    it('apply ends with three pods Running', async () => {
      await cluster.ok('apply -f examples/web.yaml');
      const text = await cluster.ok('rollout status deployment/web --timeout=60s');
      expect(text).to.contain('deployment "web" successfully rolled out');
      const running = await pods();
      expect(running.map((p) => p.status.phase)).to.deep.equal(['Running', 'Running', 'Running']);
      expect(running.every(ready)).to.equal(true);
    });

    it('a second apply changes nothing', async () => {
      expect(await cluster.ok('apply -f examples/web.yaml')).to.equal(
        'deployment.apps/web unchanged\nservice/web unchanged\nservice/web-node-port unchanged\n',
      );
    });

    it('get in every output', async () => {
      expect(await cluster.ok('get pods -o wide')).to.match(/NAME +READY +STATUS +RESTARTS +AGE +IP +NODE/);
      expect(await cluster.ok('get deployment web -o yaml')).to.contain(
        'strategy:\n    rollingUpdate:\n      maxSurge: 25%',
      );
      expect(JSON.parse(await cluster.ok('get deployment web -o json')).spec.replicas).to.equal(3);
      expect(await cluster.ok('get deployment -o name')).to.equal('deployment.apps/web\n');
      expect(await cluster.ok("get deployment web -o jsonpath='{.spec.replicas}'")).to.equal('3');
      expect(await cluster.ok('get deployment -o custom-columns=N:.metadata.name,R:.spec.replicas')).to.match(
        /N +R\nweb +3/,
      );
      expect(await cluster.ok('get all'))
        .to.contain('replicaset.apps/web-')
        .and.contain('service/web');
    });

    it('get -w shows changes as they happen', async () => {
      const watch = cluster.background('get configmaps -w --no-headers');
      await cluster.ok('create configmap seen --from-literal=a=b');
      await eventually('the watch shows the new object', async () => /^seen +1 /m.test(watch.output()));
      await watch.end();
      await cluster.ok('delete configmap seen');
    });

    it('describe shows events', async () => {
      const name = (await pods())[0].metadata.name;
      const text = await cluster.ok(`describe pod ${name}`);
      for (const reason of ['Scheduled', 'Created', 'Started']) expect(text).to.contain(reason);
      expect(await cluster.ok('describe deployment web')).to.contain('ScalingReplicaSet');
    });

    it('logs and logs -f', async () => {
      const script = 'i=0; while true; do i=$((i+1)); echo line $i; sleep 1; done';
      const done = await cluster.kubectlArgs([
        'run',
        'talker',
        '--image=coxswain/hello:1',
        '--restart=Never',
        '--command',
        '--',
        'sh',
        '-c',
        script,
      ]);
      expect(done.code, done.stderr).to.equal(0);
      await cluster.ok('wait --for=condition=Ready pod/talker --timeout=30s');
      await eventually('a line is logged', async () => (await cluster.ok('logs talker')).includes('line 1'));
      const follow = cluster.background('logs -f talker');
      await eventually('followed lines arrive', async () => /line 3\n/.test(follow.output()));
      await follow.end();
      expect((await cluster.ok('logs talker --tail=1')).trim().split('\n')).to.have.length(1);
      await cluster.ok('delete pod talker --now');
    });

    it('exec: output, exit code, input', async () => {
      const name = (await pods())[0].metadata.name;
      expect(await cluster.ok(`exec ${name} -- echo hello`)).to.equal('hello\n');
      const failing = await cluster.kubectlArgs(['exec', name, '--', 'sh', '-c', 'echo oops >&2; exit 3']);
      expect(failing.code).to.equal(3);
      expect(failing.stderr).to.contain('oops').and.contain('exit code 3');
      expect(await cluster.ok(`exec -i ${name} -- cat`, 'typed\n')).to.equal('typed\n');
    });

    it('exec by SPDY, as older kubectls do it', async () => {
      const name = (await pods())[0].metadata.name;
      const env = { KUBECONFIG: cluster.kubeconfig, HOME: cluster.dataDir, KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false' };
      const done = await execute('kubectl', ['exec', '-i', name, '--', 'sh', '-c', 'cat; exit 4'], {
        env,
        input: 'typed\n',
      });
      expect(done).to.include({ code: 4, stdout: 'typed\n' });
    });

    it('a pod finds the credentials of its service account, and the server takes them', async () => {
      const file = (name: string) =>
        cluster.ok(`exec deploy/web -- cat /var/run/secrets/kubernetes.io/serviceaccount/${name}`);
      const ca = join(cluster.dataDir, 'ca-of-pod.crt');
      writeFileSync(ca, await file('ca.crt'));
      const server = ['--kubeconfig=/dev/null', `--server=https://127.0.0.1:${cluster.port}`];
      const credentials = [`--certificate-authority=${ca}`, `--token=${await file('token')}`];
      const question = ['auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username}'];
      const said = await execute('kubectl', [...server, ...credentials, ...question]);
      expect(said.stdout, said.stderr).to.equal('system:serviceaccount:default:default');
      expect(await file('namespace')).to.equal('default');
    });

    it('run --rm shows what a command says that ends at once', async () => {
      const args = ['run', 'brief', '--image=coxswain/hello:1', '--restart=Never', '-i', '--rm', '--', 'echo', 'brief'];
      const said = await cluster.kubectlArgs(args);
      expect(said.code, said.stderr).to.equal(0);
      expect(said.stdout).to.contain('brief\n');
    });

    it('a command that does not exist is a StartError', async () => {
      await cluster.kubectlArgs([
        'run',
        'nothing',
        '--image=coxswain/hello:1',
        '--restart=Never',
        '--command',
        '--',
        '/nope',
      ]);
      const line = await eventually('it has failed', async () => {
        const text = await cluster.ok('get pod nothing --no-headers');
        return /Error/.test(text) && text;
      });
      expect(line).to.match(/^nothing +0\/1 +StartError +0 /);
      await cluster.ok('delete pod nothing');
    });

    it('exec -it gives a terminal', async () => {
      const name = (await pods())[0].metadata.name;
      const command = `kubectl exec -it ${name} -- sh -c 'test -t 0 && echo on a terminal; stty size'`;
      const env = { KUBECONFIG: cluster.kubeconfig, HOME: cluster.dataDir, TERM: 'xterm' };
      const done = await execute('script', ['-qec', command, '/dev/null'], { env });
      expect(done.stdout).to.contain('on a terminal');
    });

    it('scale up and down', async () => {
      await cluster.ok('scale deployment web --replicas=5');
      await cluster.ok('rollout status deployment/web --timeout=60s');
      expect((await cluster.json('get deployment web')).status.readyReplicas).to.equal(5);
      await cluster.ok('scale deployment web --replicas=3');
      await eventually('two pods are gone', async () => (await pods()).length === 3, 60);
    });

    it('set image rolls the pods over; rollout history and undo', async () => {
      await cluster.ok('set image deployment/web web=coxswain/hello:2');
      await cluster.ok('rollout status deployment/web --timeout=90s');
      const images = async () =>
        new Set((await pods()).filter((p) => !p.metadata.deletionTimestamp).map((p) => p.spec.containers[0].image));
      expect([...(await images())]).to.deep.equal(['coxswain/hello:2']);
      expect(await cluster.ok('rollout history deployment/web')).to.match(/^1 .*\n2 /m);
      await cluster.ok('rollout undo deployment/web');
      await cluster.ok('rollout status deployment/web --timeout=90s');
      expect([...(await images())]).to.deep.equal(['coxswain/hello:1']);
      expect(await cluster.ok('rollout history deployment/web')).to.match(/^2 .*\n3 /m);
    });

    it('label, annotate, patch, edit, wait', async () => {
      await cluster.ok('label deployment web tier=front');
      await cluster.ok('annotate deployment web note=kept');
      await cluster.kubectlArgs(['patch', 'deployment', 'web', '-p', '{"spec":{"minReadySeconds":1}}']);
      const env = {
        KUBECONFIG: cluster.kubeconfig,
        HOME: cluster.dataDir,
        KUBE_EDITOR: "sed -i 's/tier: front/tier: back/'",
      };
      const edited = await execute('kubectl', ['edit', 'deployment', 'web'], { env });
      expect(edited.stdout).to.contain('deployment.apps/web edited');
      const web = await cluster.json('get deployment web');
      expect(web.metadata.labels).to.include({ tier: 'back' });
      expect(web.metadata.annotations).to.include({ note: 'kept' });
      expect(web.spec.minReadySeconds).to.equal(1);
      await cluster.ok('wait --for=condition=Available deployment/web --timeout=60s');
    });

    it('a container killed from outside is restarted', async () => {
      const pod = (await pods()).find(ready);
      const id = pod.status.containerStatuses[0].containerID.replace('docker://', '');
      await execute('docker', ['kill', id]);
      await eventually('the container runs again', async () => {
        const now = await cluster.json(`get pod ${pod.metadata.name}`);
        const status = now.status.containerStatuses[0];
        return (
          status.restartCount === 1 &&
          status.ready &&
          status.containerID !== pod.status.containerStatuses[0].containerID
        );
      });
    });

    it('a deleted pod is replaced', async () => {
      const pod = (await pods())[0];
      await cluster.ok(`delete pod ${pod.metadata.name}`);
      await eventually('three ready pods again, the old one gone', async () => {
        const now = await pods();
        return now.length === 3 && now.every(ready) && !now.some((p) => p.metadata.uid === pod.metadata.uid);
      });
    });
  });

  describe('reaches the services', () => {
    const answers = async (url: string) => {
      const seen = new Set<string>();
      for (let i = 0; i < 30; i++) {
        const done = await execute('curl', ['-s', '-m', '3', url]);
        if (done.code === 0) seen.add(done.stdout);
      }
      return seen;
    };

    it('by cluster IP from the host, balanced over all pods', async () => {
      const ip = (await cluster.json('get service web')).spec.clusterIP;
      const seen = await eventually('all three pods answer', async () => {
        const all = await answers(`http://${ip}/`);
        return all.size === 3 && all;
      });
      for (const text of seen) expect(text).to.match(/web-/);
    });

    it('by cluster IP from another pod', async () => {
      const ip = (await cluster.json('get service web')).spec.clusterIP;
      const from = (await pods())[0].metadata.name;
      // Debian's static busybox has a wget that crashes; its nc works.
      const get = `printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc ${ip} 80`;
      for (let i = 0; i < 6; i++) {
        const done = await cluster.kubectlArgs(['exec', from, '--', 'sh', '-c', get]);
        expect(done.stdout, done.stderr).to.match(/Hello from web-/);
      }
    });

    it('by name from a pod, and by its address finds the name', async () => {
      const { name, namespace } = (await pods())[0].metadata;
      const ip = (await cluster.json('get service web')).spec.clusterIP;
      const inPod = async (...command: string[]) =>
        (await cluster.kubectlArgs(['exec', name, '--', ...command])).stdout.replaceAll('\t', ' ');
      const zone = 'svc.cluster.local';
      expect(await inPod('cat', '/etc/resolv.conf')).to.match(
        /^search default\.svc\.cluster\.local svc\.cluster\.local cluster\.local.*\nnameserver 10\.96\.0\.10\noptions ndots:5\n/,
      );
      await cluster.ok('create service externalname web-alias --external-name web.default.svc.cluster.local');
      expect(await inPod('nslookup', `web.default.${zone}.`)).to.contain(`Address: ${ip}`);
      expect(await inPod('nslookup', ip)).to.contain(`name = web.default.${zone}`);
      expect(await inPod('nslookup', '-type=srv', `_http._tcp.web.default.${zone}.`)).to.contain(
        ` 80 web.default.${zone}`,
      );
      expect(await inPod('nslookup', `kubernetes.default.${zone}.`)).to.contain('Address: 10.96.0.1');
      await eventually('the alias is known', async () =>
        (await inPod('nslookup', `web-alias.${namespace}.${zone}.`)).includes(`Address: ${ip}`),
      );
      await cluster.ok('delete service web-alias');
    });

    it('by node port', async () => {
      const nodeIp = (await cluster.json('get nodes')).items[0].status.addresses.find(
        (a: any) => a.type === 'InternalIP',
      ).address;
      expect((await answers(`http://${nodeIp}:30080/`)).size).to.equal(3);
      expect((await answers('http://127.0.0.1:30080/')).size).to.equal(3);
    });

    it('by port-forward', async () => {
      const forward = cluster.background('port-forward deployment/web 18080:8080');
      await eventually('the port is open', async () => forward.output().includes('Forwarding from'));
      const done = await execute('curl', ['-s', '-m', '5', 'http://127.0.0.1:18080/']);
      await forward.end();
      expect(done.stdout).to.match(/web-/);
    });
  });

  describe('reaches through the API server', () => {
    const raw = (path: string) => cluster.ok(`get --raw /api/v1/${path}`);

    it('services, by number and by name of their port', async () => {
      for (const name of ['web:80', 'web:http', 'http:web:http']) {
        expect(await raw(`namespaces/default/services/${name}/proxy/`), name).to.match(/web-/);
      }
    });

    it('pods', async () => {
      const { name } = (await pods())[0].metadata;
      expect(await raw(`namespaces/default/pods/${name}/proxy/`)).to.contain(name);
      expect(await raw(`namespaces/default/pods/${name}:8080/proxy/?a=b`)).to.contain(name);
    });

    it('the kubelet', async () => {
      const { name } = (await cluster.json('get nodes')).items[0].metadata;
      expect(await raw(`nodes/${name}/proxy/healthz`)).to.equal('ok');
    });

    it('by kubectl proxy, as a browser would', async () => {
      const proxy = cluster.background('proxy --port=18081');
      await eventually('it listens', async () => proxy.output().includes('Starting to serve'));
      const url = 'http://127.0.0.1:18081/api/v1/namespaces/default/services/web:http/proxy';
      const done = await execute('curl', ['-s', '-L', '-m', '5', url]);
      await proxy.end();
      expect(done.stdout).to.match(/web-/);
    });
  });

  describe('shows what is wrong, and cleans up', () => {
    it('a pod whose image does not exist shows why, with an event', async () => {
      await cluster.ok('run broken --image=localhost:1/nothing:here');
      await eventually('the pull fails', async () =>
        /ErrImagePull|ImagePullBackOff/.test(await cluster.ok('get pod broken')),
      );
      await eventually('it backs off', async () => /ImagePullBackOff/.test(await cluster.ok('get pod broken')), 40);
      expect(await cluster.ok('describe pod broken')).to.match(/Warning +Failed/);
      await cluster.ok('delete pod broken --now');
    });

    it('a pod that fits nowhere says why', async () => {
      const pod = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'huge' },
        spec: { containers: [{ name: 'c', image: 'coxswain/hello:1', resources: { requests: { cpu: '1000' } } }] },
      };
      await cluster.ok('apply -f -', JSON.stringify(pod));
      await eventually('an event says why', async () =>
        (await cluster.ok('describe pod huge')).includes('Insufficient cpu'),
      );
      await cluster.ok('delete pod huge');
    });

    it('delete -f removes all of it', async () => {
      await cluster.ok('delete -f examples/web.yaml');
      await eventually(
        'nothing of it is left',
        async () => {
          const left = await cluster.ok('get pods,replicasets,deployments,endpointslices -o name');
          return !left.includes('web');
        },
        60,
      );
    });

    it('a namespace goes with all that is in it', async () => {
      await cluster.ok('create namespace short');
      await cluster.ok('create configmap c -n short');
      await cluster.ok('run p -n short --image=coxswain/hello:1');
      await cluster.ok('delete namespace short --timeout=60s');
      expect((await cluster.kubectl('get namespace short')).stderr).to.contain('NotFound');
    });
  });
});
