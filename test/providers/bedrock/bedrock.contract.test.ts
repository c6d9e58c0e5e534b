import { describeProvider } from "../provider.contract.ts";
import { startBedrockStage } from "./bedrock-stage.ts";

describeProvider("bedrock", startBedrockStage);
