import { CommandError, run } from '../../linux/exec.ts';

/** Where Debian puts the plugins. */
const pluginFolder = '/usr/lib/cni';

export interface CniCall {
  readonly command: 'ADD' | 'DEL';
  readonly containerId: string;
  /** Empty when the namespace is gone. */
  readonly netns: string;
  /** The plugin's configuration; its `type` names the plugin. */
  readonly config: { readonly type: string; readonly [key: string]: unknown };
}

/** The part of an answer to ADD that we read. */
export interface CniResult {
  readonly ips?: readonly { readonly address: string }[];
  readonly [key: string]: unknown;
}

/** The interface inside the pod. */
const interfaceName = 'eth0';

/**
 * Starts a network plugin, with what to do in its environment and on its standard input, as the CNI specification says.
 * @throws Error with the plugin's own words
 */
export async function callPlugin({ command, containerId, netns, config }: CniCall): Promise<CniResult> {
  const env = {
    CNI_COMMAND: command,
    CNI_CONTAINERID: containerId,
    CNI_NETNS: netns,
    CNI_IFNAME: interfaceName,
    CNI_PATH: pluginFolder,
  };
  try {
    const { stdout } = await run(`${pluginFolder}/${config.type}`, [], { env, stdin: JSON.stringify(config) });
    return stdout.trim() ? JSON.parse(stdout) : {};
  } catch (error) {
    throw explained(config.type, error);
  }
}

function explained(plugin: string, error: unknown): Error {
  if (!(error instanceof CommandError)) return error as Error;
  if (error.missing) {
    const help = 'apt-get install -y --no-install-recommends containernetworking-plugins';
    return new Error(`the network plugin ${pluginFolder}/${plugin} is missing. Install it with: ${help}`);
  }
  return new Error(`plugin type="${plugin}" failed: ${saidBy(error)}`, { cause: error });
}

/** Plugins report failures as JSON on standard output. */
function saidBy(error: CommandError): string {
  try {
    const { msg, details } = JSON.parse(error.stdout) as { msg?: string; details?: string };
    return [msg, details].filter(Boolean).join('; ') || error.message;
  } catch {
    return error.message;
  }
}
