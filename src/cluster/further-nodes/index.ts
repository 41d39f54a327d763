import { spawn } from 'node:child_process';
import { existsSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { isApiError } from '../../apimachinery/api-error.ts';
import { realClock, sleep } from '../../base/clock.ts';
import { node as nodeKind } from '../../api/core-v1/node.ts';
import { Client } from '../../client/client.ts';
import { httpsExchange } from '../../client/https-transport.ts';
import { kubeconfigText, loadKubeconfig } from '../../client/kubeconfig.ts';
import { installPodRules, removePodRules } from '../../kubelet/network/pod-rules.ts';
import { connectDocker } from '../../kubelet/runtime/docker.ts';
import { endContainers } from '../../kubelet/runtime/remove-everything.ts';
import { ip } from '../../linux/ip.ts';
import { unmountAll } from '../../linux/mount.ts';
import {
  ensureBridge,
  ensureNamespace,
  namespaceFolder,
  removeNamespace,
  routeInto,
  setCable,
} from '../../linux/node-namespace.ts';
import { runningOn, type DataDir } from '../data-dir.ts';
import { dockerAnswers } from '../docker-engine.ts';
import { Pki } from '../pki.ts';
import { clusterCidrOf, networkOf, primaryRange } from '../settings.ts';
import { furtherNodes, nodeBridge, nodeNetwork, recordNode, type FurtherNode } from './record.ts';
import { filesOf, runFurtherNode } from './run.ts';

/** Seconds that a node may take to be ready, and a process to end. */
const READY_WITHIN = 60;
const END_WITHIN = 30;

/** The further nodes of one cluster on this machine: what `cox node` does with them. */
export class FurtherNodes {
  readonly #dataDir: DataDir;
  readonly #clusterCidr: string;

  constructor(dataDir: DataDir) {
    this.#dataDir = dataDir;
    this.#clusterCidr = clusterCidrOf(dataDir);
  }

  list(): FurtherNode[] {
    return furtherNodes(this.#dataDir);
  }

  /** Adds a node and starts it. @throws a sentence */
  async add(name: string): Promise<FurtherNode & { readonly podCidrs: readonly string[] }> {
    const known = await this.#ask((client) => client.find(nodeKind, { name }));
    if (known) throw new Error(`The cluster has a node ${name} already.`);
    const node = recordNode(this.#dataDir, name);
    await this.#writeCredentials(node);
    return { ...node, podCidrs: await this.start(name) };
  }

  /** Switches a node on; resolves when it is ready. @returns its ranges of pod addresses @throws a sentence */
  async start(name: string): Promise<readonly string[]> {
    const node = this.#node(name);
    const since = realClock.now();
    if (!this.#pid(node)) {
      await ensureBridge(nodeBridge);
      await installPodRules({
        bridge: nodeBridge.name,
        podCidr: nodeNetwork,
        unmasked: [primaryRange(this.#clusterCidr)],
      });
      await ensureNamespace(node.namespace, nodeBridge.name);
      this.#spawn(node);
    }
    await this.#untilReady(node, since);
    return this.#routeInto(node);
  }

  /** Switches a node off as a power cut does: kubelet, proxy and containers end, and nobody else is told. */
  async stop(name: string): Promise<void> {
    const node = this.#node(name);
    await this.#endProcess(node);
    await this.#containers(node, 'kill');
  }

  /** Ends only the kubelet and the proxy; `start` adopts what runs. */
  async stopAgent(name: string): Promise<void> {
    await this.#endProcess(this.#node(name));
  }

  /** Pulls the node's network cable, or plugs it in again. */
  async connect(name: string, plugged: boolean): Promise<void> {
    const node = this.#node(name);
    await setCable(node.namespace.cable, plugged);
    if (!plugged) return;
    // The kernel takes routes away with a cable that is pulled for long; it costs nothing to say them again.
    await ensureNamespace(node.namespace, nodeBridge.name);
    await this.#routeInto(node);
  }

  /** Removes a node from the cluster and everything of it from this machine. */
  async remove(name: string): Promise<void> {
    const node = this.#node(name);
    await this.#wipe(node);
    await this.#ask((client) =>
      client.delete(nodeKind, { name }).catch((error) => {
        if (!isApiError(error, 'NotFound')) throw error;
      }),
    );
    if (this.list().length === 0) await removeBridge();
  }

  /** Removes all of them from this machine, without a word to the cluster. @returns how many there were */
  async wipe(): Promise<number> {
    const nodes = this.list();
    for (const node of nodes) await this.#wipe(node);
    if (nodes.length > 0) await removeBridge();
    return nodes.length;
  }

  /** Runs a node in this process, which `start` has put into its network namespace. */
  run(name: string): Promise<() => Promise<void>> {
    return runFurtherNode(this.#node(name), this.#dataDir, {
      clusterCidr: this.#clusterCidr,
      network: networkOf(this.#dataDir),
    });
  }

  #node(name: string): FurtherNode {
    const node = this.list().find((one) => one.name === name);
    const names = this.list().map((one) => one.name);
    if (!node) throw new Error(`This machine has no further node ${name} (${names.join(', ') || 'it has none'}).`);
    return node;
  }

  /** Leads to a node's pods also where this machine is no node itself and so has no ways of its own. */
  async #routeInto({ name, namespace }: FurtherNode): Promise<readonly string[]> {
    const node = await this.#ask((client) => client.find(nodeKind, { name }));
    const podCidrs = node?.spec?.podCIDRs ?? [];
    const { mode = 'routes' } = networkOf(this.#dataDir);
    const narrow = podCidrs.filter((cidr) => !cidr.includes(':'));
    if (mode === 'routes') await routeInto(namespace, narrow, nodeBridge.name);
    return podCidrs;
  }

  #pid({ folder }: FurtherNode): number | undefined {
    return runningOn({ lock: filesOf(folder).lock });
  }

  async #writeCredentials(node: FurtherNode): Promise<void> {
    const { pki: directory, kubeconfig } = this.#dataDir;
    const pki = await Pki.open({ directory, clock: realClock });
    const subject = { commonName: `system:node:${node.name}`, organizations: ['system:nodes'], days: 365 };
    const client = await pki.issue({ ...subject, usages: ['client'] });
    const serving = await pki.issue({ ...subject, usages: ['server'], dnsNames: [node.name], ips: [node.ip] });
    const server = `https://${node.namespace.gateway}:${new URL(loadKubeconfig(kubeconfig).server).port}`;
    const { certificate: cert, privateKey: key } = client;
    const files = filesOf(node.folder);
    const write = (file: string, text: string) => writeFileSync(file, text, { mode: 0o600 });
    write(files.kubeconfig, kubeconfigText({ server, ca: pki.caCertificate, cert, key, user: subject.commonName }));
    write(files.certificate, serving.certificate);
    write(files.key, serving.privateKey);
  }

  /** A process of its own that outlives this one. */
  #spawn({ name, folder, namespace }: FurtherNode): void {
    const log = openSync(filesOf(folder).log, 'a', 0o600);
    const main = join(import.meta.dirname, `../../cli/main${extname(import.meta.filename)}`);
    const command = [process.execPath, main, 'node', 'run', name, '--data-dir', this.#dataDir.path];
    const args = [`--net=${namespaceFolder}/${namespace.name}`, '--', ...command];
    const child = spawn('nsenter', args, { detached: true, stdio: ['ignore', log, log] });
    child.on('error', () => {}); // it is then never ready, which is told
    child.unref();
  }

  async #untilReady({ name, folder }: FurtherNode, since: number): Promise<void> {
    const ready = async () => {
      const node = await this.#ask((client) => client.find(nodeKind, { name }));
      const condition = node?.status?.conditions?.find((c) => c.type === 'Ready');
      const told = Date.parse(String(condition?.lastHeartbeatTime)) >= since - 1_000;
      return condition?.status === 'True' && told && existsSync(filesOf(folder).lock);
    };
    for (let tenths = 0; tenths < READY_WITHIN * 5; tenths++) {
      if (await ready()) return;
      await sleep(realClock, 200);
    }
    throw new Error(`The node ${name} is not ready after ${READY_WITHIN} s. See ${filesOf(folder).log}.`);
  }

  async #endProcess(node: FurtherNode): Promise<void> {
    const pid = this.#pid(node);
    if (pid === undefined) return;
    process.kill(pid, 'SIGTERM');
    for (let tenths = 0; tenths < END_WITHIN * 10 && this.#pid(node) !== undefined; tenths++)
      await sleep(realClock, 100);
    if (this.#pid(node) !== undefined) process.kill(pid, 'SIGKILL');
  }

  async #containers({ name }: FurtherNode, how: 'kill' | 'remove'): Promise<void> {
    if (!(await dockerAnswers())) return;
    await endContainers(connectDocker(), { clusterId: this.#dataDir.clusterId, nodeName: name }, how);
  }

  async #wipe(node: FurtherNode): Promise<void> {
    await this.#endProcess(node);
    await this.#containers(node, 'remove');
    await unmountAll(join(filesOf(node.folder).kubelet, 'pods'));
    await removeNamespace(node.namespace);
    rmSync(node.folder, { recursive: true, force: true });
  }

  async #ask<T>(question: (client: Client) => Promise<T>): Promise<T> {
    const exchange = httpsExchange(loadKubeconfig(this.#dataDir.kubeconfig));
    try {
      return await question(new Client(exchange));
    } finally {
      await exchange.close();
    }
  }
}

async function removeBridge(): Promise<void> {
  await removePodRules(nodeBridge.name);
  await ip().deleteLink(nodeBridge.name);
}
