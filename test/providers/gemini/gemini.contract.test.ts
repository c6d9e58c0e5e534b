import { describeProvider } from "../provider.contract.ts";
import { startGeminiStage } from "./gemini-stage.ts";

describeProvider("gemini", startGeminiStage);
