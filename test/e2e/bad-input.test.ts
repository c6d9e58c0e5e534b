import { startGateway } from "../support/gateway.ts";
import { describeBadInput } from "./bad-input.ts";

describeBadInput(() => startGateway({ emulator: { speed: "instant" } }));
