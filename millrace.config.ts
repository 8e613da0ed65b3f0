import { defineConfig } from 'millrace';
import { flightHistory } from './pipelines/flight-delays/history.js';
import { flightDelays } from './pipelines/flight-delays/nightly.js';

/** The project of this repository: the pipelines that ship with it come in as anybody’s own would. */
export default defineConfig({ pipelines: [flightHistory, flightDelays] });
