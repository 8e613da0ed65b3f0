import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, errors, type Browser, type Page } from 'playwright-core';
import { startDev, type DevProcess } from '../support/dev-process.js';
import { PROJECT_DIR } from '../support/millrace-environment.js';
import { until } from '../support/until.js';

const BROWSERS = [
  process.env.CHROMIUM_PATH,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];

/** Temporal’s own UI in a real browser, as an engineer uses it. */
describe('in the Temporal UI', () => {
  let folder: string;
  let dev: DevProcess;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    const executablePath = BROWSERS.find((path) => path !== undefined && existsSync(path));
    if (executablePath === undefined) throw new Error(`no Chromium: install it, or name it in CHROMIUM_PATH`);
    folder = await mkdtemp(join(tmpdir(), 'millrace-ui-'));
    const main = join(PROJECT_DIR, 'dist/cli/main.js');
    dev = await startDev(process.execPath, [main, 'dev', '--json', '--data-dir', folder], PROJECT_DIR);
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
    page = await browser.newPage({ viewport: { width: 1400, height: 1200 } });
    page.setDefaultTimeout(60_000);
  });
  afterAll(async () => {
    await browser.close();
    await dev.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const workflowUrl = (workflowId: string, tab = ''): string =>
    `${dev.temporalUi}/namespaces/default/workflows/${encodeURIComponent(workflowId)}${tab}`;

  async function start(workflowType: string, workflowId: string, input: string): Promise<void> {
    const form = new URL(`${dev.temporalUi}/namespaces/default/workflows/start-workflow`);
    form.search = new URLSearchParams({ taskQueue: 'orchestration', workflowType, workflowId }).toString();
    await page.goto(form.href);
    await page.getByText('Task Queue is Active').waitFor();
    await paste(page.locator('.cm-content'), input);
    await page.getByRole('heading', { name: 'Start Workflow' }).click();
    // The editor lays the JSON out when it is left, which moves the button.
    await page.waitForTimeout(500);
    await page.getByRole('button', { name: 'Start Workflow' }).click();
    await page.getByRole('link', { name: 'Workflow started successfully' }).waitFor();
  }

  async function paste(editor: ReturnType<Page['locator']>, text: string): Promise<void> {
    await editor.click();
    await page.keyboard.insertText(text);
  }

  /** The page of the newest run of an id. The page of one that has not begun yet does not look again by itself. */
  async function openRun(workflowId: string): Promise<string> {
    const ofRun = /\/workflows\/[^/]+\/[0-9a-f-]{36}\//;
    do {
      await page.goto(workflowUrl(workflowId));
      await page.waitForURL(ofRun, { timeout: 5_000 }).catch((error: unknown) => {
        if (!(error instanceof errors.TimeoutError)) throw error;
      });
    } while (!ofRun.test(page.url()));
    return page.url().replace(/(\/[0-9a-f-]{36})\/.*$/, '$1');
  }

  /** Sends an update by the menu of the page. */
  async function sendUpdate(runUrl: string, name: string, input: string): Promise<void> {
    await page.goto(`${runUrl}/timeline`);
    await page.getByRole('button', { name: 'More Actions' }).click();
    await page.getByRole('menuitem', { name: 'Send an Update' }).click();
    const dialog = page.locator('dialog[open]').filter({ hasText: 'Send an Update' });
    await dialog.getByTestId('update-select-button').click();
    await dialog.getByText(name, { exact: true }).click();
    await paste(dialog.locator('.cm-content'), input);
    // The editor lays the JSON out when it is left.
    await dialog.getByText('Update ID (optional)').click();
    await page.waitForTimeout(500);
    await dialog.getByTestId('confirm-modal-button').click();
    await dialog.waitFor({ state: 'hidden' });
  }

  /** The current details; they are in a frame of their own, and not refreshed by the page. */
  async function detailsWith(runUrl: string, text: RegExp): Promise<string> {
    return until(async () => {
      await page.goto(`${runUrl}/user-metadata`);
      await page.getByText('Current Details').first().waitFor();
      await page.waitForTimeout(1_000);
      const texts = await Promise.all(page.frames().map((frame) => frame.locator('body').innerText()));
      return texts.find((found) => text.test(found));
    });
  }

  it('starts a backfill from the prefilled form, shows its details, pauses and resumes it', async () => {
    const range = { pipeline: 'flight-history', from: '2001-03-01', to: '2001-03-20', maxActive: 1 };
    await start('backfill', 'typed-by-an-engineer', JSON.stringify(range));
    const run = await openRun('backfill/flight-history/2001-03-01..2001-03-20');

    await sendUpdate(run, 'pause', '{"by": "ada"}');
    expect(await detailsWith(run, /paused by ada/)).toMatch(/waiting\s+\d+/);

    await sendUpdate(run, 'resume', '{"by": "ada"}');
    await page.goto(`${run}/timeline`);
    await page
      .getByText(/^completed$/i)
      .first()
      .waitFor({ timeout: 120_000 });
  }, 300_000);

  it('shows a clear failure for JSON that is wrong', async () => {
    await start('pipelineRun', 'typed-wrongly', '{"pipeline": "flight-historie", "partitoin": "2001-03-01"}');
    const run = await openRun('typed-wrongly');
    await page
      .getByText(/^failed$/i)
      .first()
      .waitFor();
    await page.goto(`${run}/timeline`);
    await page
      .getByText(/partitoin is not a known field; did you mean/)
      .first()
      .waitFor();
  });
});
