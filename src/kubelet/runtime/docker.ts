import Dockerode from 'dockerode';

/** A connection to a Docker Engine. The library is imported here and nowhere else. */
export type DockerEngine = Dockerode;
export type DockerInspection = Dockerode.ContainerInspectInfo;
export type DockerCreateOptions = Dockerode.ContainerCreateOptions;

/** Where the Docker Engine of a machine answers unless it is told otherwise. */
export const dockerSocket = '/var/run/docker.sock';

/** A client for the engine on this socket; nothing is sent yet. */
export function connectDocker(socketPath: string = dockerSocket): DockerEngine {
  return new Dockerode({ socketPath });
}

/** What the engine said of a failure, without the library's decoration. */
export function dockerMessage(error: unknown): string {
  const { json, reason, message } = error as { json?: { message?: string }; reason?: string; message?: string };
  return json?.message ?? (message ?? reason ?? String(error)).replace(/^\(HTTP code \d{3}\) [^-]{0,80} - /, '').trim();
}

/** Whether the engine answered with this status. */
export function hasStatus(error: unknown, ...codes: number[]): boolean {
  return codes.includes((error as { statusCode?: number }).statusCode ?? 0);
}
