#!/usr/bin/env node
import "../dist/bailiwick.js"
