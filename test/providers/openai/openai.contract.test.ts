import { describeProvider } from "../provider.contract.ts";
import { startOpenAIStage } from "./openai-stage.ts";

describeProvider("openai", startOpenAIStage);
