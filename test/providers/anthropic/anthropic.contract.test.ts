import { describeProvider } from "../provider.contract.ts";
import { startAnthropicStage } from "./anthropic-stage.ts";

describeProvider("anthropic", startAnthropicStage);
