import { html, nothing } from 'lit';
import type { OpenedModel } from '../../src/protocol/page';
import { type HostError, host } from '../host';
import type { Jobs } from './jobs';
import { renderRefusal } from './refusal';
import '../base/notice';
import '../base/progress';

/** Problems shown before the reader asks for all. */
const FIRST_PROBLEMS = 2;

function logLink(error: HostError) {
  return error.canShowLog
    ? html`<button slot="actions" class="link" @click=${() => void host.request('showLog')}>Show log</button>`
    : nothing;
}

/** The model could not be read; where it could before, that is still on the page. */
export function renderOpenError(error: HostError, retry: () => void, again = false) {
  return html`<div class="failed">
    <caliper-notice kind="error">
      ${error.message} ${again ? 'What is shown below is of the file as it was before.' : nothing}
      <button slot="actions" class="link" @click=${retry}>Try again</button>
      ${logLink(error)}
    </caliper-notice>
  </div>`;
}

/** What is running, and how the last work ended. `profileHere` is offered where another device failed. */
export function renderJob(jobs: Jobs, profileHere: () => void) {
  const dismiss = () => jobs.dismiss();
  const written = jobs.written;
  return html`
    ${
      jobs.running
        ? html`<caliper-progress
            .heading=${jobs.heading}
            .message=${jobs.running.message}
            .fraction=${jobs.running.fraction}
            ?cancelling=${jobs.running.cancelling}
            @cancel=${() => jobs.cancel()}
          ></caliper-progress>`
        : nothing
    }
    ${
      jobs.error
        ? html`<caliper-notice kind="error" closable @dismiss=${dismiss}>
            ${jobs.error.message} ${logLink(jobs.error)}
            ${
              jobs.failedElsewhere
                ? html`<button slot="actions" class="link" @click=${profileHere}>Use This Computer</button>`
                : nothing
            }
          </caliper-notice>`
        : nothing
    }
    ${jobs.refusal ? renderRefusal(jobs.refusal, (which) => void jobs.keep(which), dismiss) : nothing}
    ${
      written !== null
        ? html`<caliper-notice closable @dismiss=${dismiss}>
            Written to <span class="mono">${written}</span>
            <button slot="actions" class="link" @click=${() => void host.request('openModel', { path: written })}>
              Open it
            </button>
          </caliper-notice>`
        : nothing
    }
  `;
}

/** What is wrong with the file, although it could be read. */
export function renderProblems(
  opened: OpenedModel,
  all: boolean,
  actions: { showAll(): void; showNode(id: string): void },
) {
  const { problems } = opened.report;
  const shown = all ? problems : problems.slice(0, FIRST_PROBLEMS);
  return html`
    ${opened.cannotRun === null || host.alone || problems.some(({ message }) => message === opened.cannotRun) ? nothing : html`<caliper-notice>${opened.cannotRun}</caliper-notice>`}
    ${shown.map(
      ({ message, node, nodeId, offset }) => html`<caliper-notice kind="warning">
        ${message}
        ${offset === undefined ? nothing : html`<span class="muted">(byte ${offset})</span>`}
        ${
          nodeId === undefined
            ? nothing
            : html`<button class="link" @click=${() => actions.showNode(nodeId)}>Show ${node}</button>`
        }
      </caliper-notice>`,
    )}
    ${
      shown.length < problems.length
        ? html`<button class="link small more" @click=${actions.showAll}>
            Show all ${problems.length.toLocaleString('en-US')} problems
          </button>`
        : nothing
    }
  `;
}
