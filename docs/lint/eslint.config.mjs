// The rules that `schema.graphql` keeps: what @graphql-eslint recommends for schemas and for Relay.
// Each exception says why. Take it over as it is; `make lint-schema` runs it.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import graphql from "@graphql-eslint/eslint-plugin";

const schema = fileURLToPath(new URL("../../schema.graphql", import.meta.url));

// What a client caches has an id. These have none, since they are not kept by themselves: each is a
// part of the object, or of the answer, in which it stands.
const PARTS = [
  // Of what was ordered, agreed on, offered or asked.
  "DeliveryWindow", "LineAmendment", "Money", "OrderCharge", "OrderTax", "OrderTotals", "Packaged",
  "PostalAddress", "ProductOption", "ProductPrice", "Recipient", "Supplied", "WindowProposal",
  // Of master data.
  "Capabilities", "Closure", "Handling", "Opening", "OtherNumber", "PublicHolidays", "ScheduleCode",
  // Of messages to others.
  "WebhookCondition",
  // Of parcels and receipts.
  "ParcelContent", "ReceiptLine", "TrackingNumber",
  // Compared, summed or planned for one answer.
  "NotificationPicture", "NotificationPreview",
  "OrderDraft", "OrderDraftLine", "OrderSummary", "ReleaseChange", "ReleaseComparison",
  "SchedulePlanItem",
  // How a contract line came to where it stands.
  "ContractLineProgress", "ContractLineStep",
  // Of an event: how much of each line, and what of it became what.
  "CancelledLine", "ContractLineMoved", "ContractLineQuantity", "DeliveryLineQuantity", "LimitNameValue",
  "OrderLineMoved", "OrderLinePriceChange", "OrderLineQuantity", "PriceListEntryPriceChange",
  "RespondedLine", "UpdatedLine",
  // Of who asks: another one with each token.
  "KeyLimit", "Merchant", "Viewer",
  // Told once, in order, by a position instead.
  "JournalChange", "JournalEntry", "OrderStatusChange", "TimelineEntry",
  // Of an answer.
  "InterchangeFinding", "OpenWork", "PageInfo", "UserError",
];
// Limits are named as they are in the payloads of events and in the configuration: in small letters.
const [, LIMITS] = /enum LimitName \{(.*?)\n\}/s.exec(readFileSync(schema, "utf8"));
const LIMIT_NAMES = `^(${LIMITS.match(/^ {2}\w+$/gm).map((name) => name.trim()).join("|")})$`;
const recommended = graphql.configs["flat/schema-recommended"].rules;
const [, NAMES] = recommended["@graphql-eslint/naming-convention"];
// What mutations answer, the items of bulk mutations, pages and their edges.
const ANSWERS = ["Payload", "Result", "Connection", "Edge"];

export default [
  {
    files: ["**/*.graphql"],
    languageOptions: { parser: graphql.parser, parserOptions: { graphQLConfig: { schema } } },
    plugins: { "@graphql-eslint": graphql },
    rules: {
      ...recommended,
      ...graphql.configs["flat/schema-relay"].rules,
      "@graphql-eslint/strict-id-in-types": [
        "error",
        { exceptions: { types: PARTS, suffixes: ANSWERS } },
      ],
      "@graphql-eslint/naming-convention": [
        "error",
        { ...NAMES, EnumValueDefinition: { style: "UPPER_CASE", ignorePattern: LIMIT_NAMES } },
      ],
      // Entries of the journal and of timelines, and what is demanded, are read in lists only: they are
      // no nodes.
      // Short lists that belong to one object (the lines of an order) are plain lists, and every
      // connection has `nodes` beside `edges`: its edges carry nothing but a cursor.
      "@graphql-eslint/relay-edge-types": ["error", { listTypeCanWrapOnlyEdgeType: false, shouldImplementNode: false }],
      // `Parcel.parcelNo` and `Release.releaseNo` are what the field calls them; the latter stands
      // beside the `lineNo` of its lines and the `number` of its contract.
      "@graphql-eslint/no-typename-prefix": "off",
    },
  },
];
