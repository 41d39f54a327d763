import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pod as podKind, type Pod } from '../../src/api/core-v1/pod.ts';
import type { New } from '../../src/apimachinery/object.ts';
import { authenticated } from '../../src/auth/user.ts';
import { realClock as clock } from '../../src/base/clock.ts';
import { createLog, noLog } from '../../src/base/log.ts';
import { realRandom as random } from '../../src/base/random.ts';
import type { Client } from '../../src/client/client.ts';
import { kubeconfigText } from '../../src/client/kubeconfig.ts';
import { adminUser, ControlPlane } from '../../src/cluster/control-plane.ts';
import { Pki } from '../../src/cluster/pki.ts';
import { CniNetwork, connectDocker, DockerRuntime, Kubelet, removeEverything } from '../../src/kubelet/index.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import { execute, type Output } from './running-cluster.ts';

/** A control plane in memory and a kubelet on the machine's Docker, with labels, bridge and addresses of their own. */
export class KubeletNode {
  readonly client: Client;
  readonly folder: string;
  readonly clusterId: string;
  readonly nodeName = 'kubelet-test';
  readonly podCidr: string;
  readonly bridge: string;
  readonly #pki: Pki;
  readonly #plane: ControlPlane;
  readonly #socketPath: string | undefined;
  kubelet!: Kubelet;

  private constructor(folder: string, pki: Pki, plane: ControlPlane, socketPath: string | undefined) {
    const number = process.pid % 200;
    this.folder = folder;
    this.clusterId = `test-${process.pid}`;
    this.podCidr = `10.${number + 50}.77.0/24`;
    this.bridge = `coxt${process.pid}`;
    this.#pki = pki;
    this.#plane = plane;
    this.#socketPath = socketPath;
    this.client = plane.clientAs(adminUser);
  }

  static async start(options: { socketPath?: string } = {}): Promise<KubeletNode> {
    const folder = mkdtempSync(join(tmpdir(), 'coxswain-kubelet-'));
    const pki = await Pki.open({ clock, nodeName: 'kubelet-test', kubeletHosts: ['127.0.0.1'] });
    const plane = await ControlPlane.start({
      ...{ storage: new MemoryStorage({ clock }), pki, clock, random, log: noLog },
      ...{ serviceCidr: '10.98.0.0/16', advertiseAddress: '127.0.0.1', listen: { host: '127.0.0.1', port: 0 } },
    });
    const node = new KubeletNode(folder, pki, plane, options.socketPath);
    const { certificate: cert, privateKey: key } = await pki.credentials('admin');
    const server = `https://127.0.0.1:${plane.port}`;
    writeFileSync(node.kubeconfig, kubeconfigText({ server, ca: pki.caCertificate, cert, key }));
    await node.startKubelet();
    return node;
  }

  get kubeconfig(): string {
    return join(this.folder, 'kubeconfig');
  }

  get rootDir(): string {
    return join(this.folder, 'kubelet');
  }

  async startKubelet(): Promise<void> {
    const { nodeName, rootDir, podCidr, bridge, clusterId } = this;
    const { certificate: cert, privateKey: key } = await this.#pki.credentials('kubelet-serving');
    const log = process.env.KUBELET_LOG ? createLog('info') : noLog;
    const socket = this.#socketPath ? { socketPath: this.#socketPath } : {};
    this.kubelet = new Kubelet({
      client: this.#plane.clientAs(authenticated(`system:node:${nodeName}`, ['system:nodes']), 'kubelet'),
      ...{ nodeName, nodeIp: '127.0.0.1', clock, random, log, rootDir, podCidr },
      runtime: new DockerRuntime({ clusterId, nodeName, clock, log, ...socket }),
      network: new CniNetwork({ rootDir, bridge, log }),
      serving: { port: 0, address: '127.0.0.1', cert, key, clientCa: this.#pki.caCertificate },
    });
    await this.kubelet.start();
  }

  /** @param engine the one that holds its containers, if it is not the machine's */
  async stop(engine = connectDocker()): Promise<void> {
    await this.kubelet.stop();
    await this.#plane.stop();
    const { clusterId, rootDir, bridge } = this;
    await removeEverything(engine, { clusterId, rootDir, bridge });
    rmSync(this.folder, { recursive: true, force: true });
  }

  kubectl(args: readonly string[], options: { input?: string; env?: object } = {}): Promise<Output> {
    return execute('kubectl', args, {
      ...options,
      env: { KUBECONFIG: this.kubeconfig, HOME: this.folder, ...options.env },
    });
  }

  /** Makes a pod of one container that runs `script` in a shell. */
  async run(
    name: string,
    script: string,
    spec: Partial<NonNullable<Pod['spec']>> = {},
    container: object = {},
  ): Promise<void> {
    const c = { name: 'c', image: 'coxswain/hello:1', command: ['sh', '-c', script], ...container };
    const body: New<Pod> = {
      metadata: { namespace: 'default', name },
      spec: { terminationGracePeriodSeconds: 1, ...spec, containers: [c] },
    };
    await this.client.create(podKind, body);
  }

  /** Resolves with the pod as soon as `holds` says so of it. */
  async until(name: string, holds: (pod: Pod) => unknown, seconds = 20): Promise<Pod> {
    const signal = AbortSignal.timeout(seconds * 1000);
    const parameters = { namespace: 'default', fieldSelector: `metadata.name=${name}`, signal };
    let last: Pod | undefined;
    for await (const event of this.client.watch(podKind, parameters)) {
      if (event.type !== 'ADDED' && event.type !== 'MODIFIED') continue;
      last = event.object;
      if (holds(last)) return last;
    }
    throw new Error(`not within ${seconds} s; the pod ${name} is ${JSON.stringify(last?.status)}`);
  }

  /** Resolves when there is no such pod. */
  async untilGone(name: string, seconds = 20): Promise<void> {
    const signal = AbortSignal.timeout(seconds * 1000);
    const parameters = { namespace: 'default', fieldSelector: `metadata.name=${name}`, signal };
    if (!(await this.client.find(podKind, { namespace: 'default', name }))) return;
    for await (const event of this.client.watch(podKind, parameters)) if (event.type === 'DELETED') return;
    throw new Error(`the pod ${name} is not gone within ${seconds} s`);
  }
}

/** The container's current state in one word: its waiting reason, `running` or its terminated reason. */
export function stateOf(pod: Pod, container = 'c'): string | undefined {
  const status = pod.status?.containerStatuses?.find((s) => s.name === container);
  return status?.state?.waiting?.reason ?? (status?.state?.running ? 'running' : status?.state?.terminated?.reason);
}
