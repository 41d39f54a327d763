import type { HorizontalPodAutoscaler } from '../../api/autoscaling-v2/horizontal-pod-autoscaler.ts';

type Behavior = NonNullable<NonNullable<HorizontalPodAutoscaler['spec']>['behavior']>;

/** How fast may be scaled in one direction. */
export type Rules = NonNullable<Behavior['scaleUp']>;

interface Moment {
  /** A number of replicas, or by how many it was changed. */
  readonly replicas: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** Seconds for which a lower count waits when nothing is said about it. */
export const SCALE_DOWN_WINDOW = 300;

/**
 * What one autoscaler recommended and did of late. It is kept in memory alone, as upstream keeps it: after a restart
 * windows begin anew with the size that is found.
 */
export class History {
  #recommendations: Moment[] = [];
  #added: Moment[] = [];
  #removed: Moment[] = [];

  /** The size that was found first counts as recommended. */
  begin(replicas: number, now: number): void {
    if (this.#recommendations.length === 0) this.#recommendations.push({ replicas, at: now });
  }

  /** Notes a recommendation, and forgets those that are older than `seconds`. */
  recommend(replicas: number, now: number, seconds: number): void {
    this.#recommendations = [...since(this.#recommendations, now, seconds), { replicas, at: now }];
  }

  /** What was recommended in the last `seconds`. */
  recommended(now: number, seconds: number): number[] {
    return since(this.#recommendations, now, seconds).map(({ replicas }) => replicas);
  }

  /** Notes that the size was changed, and forgets what no policy of the behavior looks back to. */
  scaled(from: number, to: number, now: number, { scaleUp, scaleDown }: Behavior): void {
    const change = { replicas: Math.abs(to - from), at: now };
    this.#added = [...since(this.#added, now, longestPeriod(scaleUp, scaleDown)), ...(to > from ? [change] : [])];
    this.#removed = [...since(this.#removed, now, longestPeriod(scaleUp, scaleDown)), ...(to < from ? [change] : [])];
  }

  /** By how much the size has grown in the last `seconds`: negative when it shrank. */
  grown(now: number, seconds: number): number {
    const sum = (moments: Moment[]) =>
      since(moments, now, seconds).reduce((total, { replicas }) => total + replicas, 0);
    return sum(this.#added) - sum(this.#removed);
  }
}

function since(moments: readonly Moment[], now: number, seconds: number): Moment[] {
  return moments.filter(({ at }) => at > now - seconds * 1000);
}

function longestPeriod(...rules: (Rules | undefined)[]): number {
  return Math.max(0, ...rules.flatMap((one) => one?.policies ?? []).map(({ periodSeconds }) => periodSeconds));
}
