import { loadClientConnectConfig, type ClientConnectConfig } from '@temporalio/envconfig';
import { MillraceError } from '../schemas/errors.js';

/**
 * How to reach Temporal by a profile of `temporal.toml` and the environment.
 * @throws MillraceError CONFIG_INVALID for a profile that is not there, or cannot be read
 */
export function temporalProfile(profile: string | undefined): ClientConnectConfig {
  try {
    return loadClientConnectConfig({ profile });
  } catch (error) {
    throw invalidProfile(error);
  }
}

/** @internal */
export function invalidProfile(error: unknown): MillraceError {
  const message = error instanceof Error ? error.message : String(error);
  return new MillraceError('CONFIG_INVALID', `Temporal’s client configuration: ${message}`, { cause: error });
}
