/** The least that passes checking but for its models and roles: a writer, a check, an approval. */
export function blankSpec(name: string): string {
  return `name: ${JSON.stringify(name)}
description: What this workflow is for, in a sentence.

input:
  type: object
  additionalProperties: false
  required: [topic]
  properties:
    topic:
      type: string
      title: Topic
      description: What to write about.
      minLength: 1
      maxLength: 400

limits: {revisions: 3, steps: 60, seconds: 900, cost: 1.0}

start: draft

nodes:
  - id: draft
    label: Write the draft
    type: worker
    model: offline-writer
    prompt: |
      Write a short text about the topic below, in Markdown.

      <document name="topic">
      {{ input.topic }}
      </document>
    next: check

  - id: check
    label: Check the draft
    type: supervisor
    judges: draft
    checks:
      - {id: length, type: length, min_words: 1, max_words: 600}
    next: gate

  - id: gate
    label: Editor's approval
    type: approval
    shows: draft
    policy:
      stages:
        - rules: [{role: Editor, count: 1}]
    releases: [publish]
    next: publish

  - id: publish
    label: Write the file
    type: tool
    tool: files.write
    arguments:
      name: text.md
      content: "{{ draft }}"
    next: null
`;
}
