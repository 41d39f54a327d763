import { errorMessage } from '../../base/log.ts';

/** A volume that cannot be looked at yet, such as one of a claim that is not bound; the message says why, whole. */
export class ProcessingError extends Error {}

/** A volume that could not be set up, with the event's message as it is. */
export class MountError extends Error {}

/** A volume of a pod and what was wrong with it. */
export interface VolumeFault {
  readonly volume: string;
  readonly error: unknown;
}

/** Not all volumes of a pod are there; each message is one for an event of reason `FailedMount`. */
export class VolumesNotReady extends Error {
  readonly messages: readonly string[];

  constructor(messages: readonly string[]) {
    super(messages.join('; '));
    this.messages = messages;
  }
}

/**
 * What the events say about volumes that could not be set up, in upstream's words: a sentence for each, and one for all
 * that could not even be looked at.
 * @param overdue whether the pod has waited for its volumes as long as upstream's kubelet does before it says so
 */
export function mountMessages(faults: readonly VolumeFault[], overdue: boolean): string[] {
  const unprocessed = faults.filter(({ error }) => error instanceof ProcessingError);
  const messages = faults.filter((fault) => !unprocessed.includes(fault)).map(faultMessage);
  const all = namesOf(faults);
  if (unprocessed.length > 0)
    messages.push(unable(all, namesOf(unprocessed), unprocessed.map(faultMessage).join('; ')));
  else if (overdue) messages.push(unable(all, '', 'context deadline exceeded'));
  return messages;
}

/** What is to be said about one volume. */
export function faultMessage({ volume, error }: VolumeFault): string {
  if (error instanceof MountError || error instanceof ProcessingError) return error.message;
  return `MountVolume.SetUp failed for volume "${volume}" : ${errorMessage(error)}`;
}

function namesOf(faults: readonly VolumeFault[]): string {
  return faults
    .map(({ volume }) => volume)
    .sort()
    .join(' ');
}

function unable(unmounted: string, unprocessed: string, why: string): string {
  return (
    `Unable to attach or mount volumes: unmounted volumes=[${unmounted}], unattached volumes=[], ` +
    `failed to process volumes=[${unprocessed}]: ${why}`
  );
}
